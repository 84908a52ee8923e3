// The program that learns, proteus-learn: apart from proteus, which never maps LibTorch. What its
// arithmetic needs of the environment has to be there before the process begins: threads and
// kernels of the linear algebra are chosen while libraries load.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace proteus::app::verify {

/// Variables and their values: one thread; the kernels of this machine's vector units by name, so
/// that what a shell exports changes no bits.
std::vector<std::pair<std::string, std::string>> learning_environment();

/// proteus-learn beside a program, if it is there and may be run.
std::optional<std::string> learner_beside(const std::string& program);
/// The same beside the running one.
std::optional<std::string> find_learner();

/// Replaces this process by `program`, with this one's arguments and the learning environment.
/// Comes back only if that fails.
void become(const std::string& program);

/// Starts this very program anew unless its environment is already the learning one.
void ensure_learning_environment();

/// Keeps freed memory with this process from now on. Tensors of megabytes come and go with every
/// update; giving their pages back each time and taking them anew costs more than the arithmetic on
/// them.
void keep_memory();

}  // namespace proteus::app::verify
