// The verbs of this folder: what is recorded, fetched and looked at.
#pragma once

#include "tools/app/options.hpp"

namespace proteus::app {

void declare_record(CLI::App& app, Options& options);
int run_record(const Options& options);

void declare_fetch(CLI::App& app, Options& options);
int run_fetch(const Options& options);

void declare_import_archive(CLI::App& app, Options& options);
int run_import_archive(const Options& options);

void declare_feed_verify(CLI::App& app, Options& options);
int run_feed_verify(const Options& options);
void declare_feed_info(CLI::App& app, Options& options);
int run_feed_info(const Options& options);
void declare_feed_cat(CLI::App& app, Options& options);
int run_feed_cat(const Options& options);
void declare_feed_cut(CLI::App& app, Options& options);
int run_feed_cut(const Options& options);
void declare_feed_merge(CLI::App& app, Options& options);
int run_feed_merge(const Options& options);

}  // namespace proteus::app
