// The face of libproteus_signing.so: plain C, one function to be found by name.
#pragma once

#include <cstddef>

extern "C" {

/// Not thread-safe: one signer a thread. Nothing throws, and no text that comes back holds a part
/// of the secret.
struct ProteusSigningV1 {
  /// Takes an HMAC secret, or an RSA private key as PEM (it begins with "-----BEGIN"). What it
  /// needs to sign is kept in locked memory that no dump holds; the caller wipes his copy. nullptr:
  /// not possible, and `complaint` says why.
  void* (*make)(const char* secret, std::size_t size, const char** complaint);
  /// Writes the signature and returns its length: 64 hex digits (HMAC-SHA256), or base64
  /// (RSA-SHA256). 0: not possible, or more than `room`, which kSigningRoom always is.
  std::size_t (*sign)(void* signer, const char* text, std::size_t size, char* out,
                      std::size_t room);
  /// 0: the system refused to lock the memory (RLIMIT_MEMLOCK), so that it may be swapped out.
  int (*is_locked)(const void* signer);
  /// Wipes and frees; nullptr is fine.
  void (*free)(void* signer);
};

const ProteusSigningV1* proteus_signing_v1();
}

inline constexpr std::size_t kSigningRoom = 2048;
inline constexpr const char* kSigningSymbol = "proteus_signing_v1";
inline constexpr const char* kSigningFile = "libproteus_signing.so";
