// From words to a verb: finds it in the table, reads its options, runs it. What is wrong is said in
// a sentence and ends with exit code 2.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tools/app/options.hpp"

namespace proteus::app {

/// All verbs, one a line.
std::string overview(std::span<const Verb> verbs);
/// The verbs that begin with `word` and a second one, one a line; empty: there are none.
std::string family_help(std::span<const Verb> verbs, const std::string& word);
/// What to say to words that are no verb, with the nearest verb if any is near.
std::string unknown_verb(std::span<const Verb> verbs, const std::vector<std::string>& words);
/// Runs what `arguments` (without the program's name) ask for. An exception that a verb lets out (a
/// standard output that is full, a lack of memory) is told as a sentence; the code is then 1.
int dispatch(std::span<const Verb> verbs, const std::string& program,
             const std::vector<std::string>& arguments);

}  // namespace proteus::app
