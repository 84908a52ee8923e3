// Programs of tests do not lie beside the library that signs: they are told where the build put it.
#include "connectors/live/signer.hpp"

namespace proteus::live {

[[maybe_unused]] const bool kSigningPlaceTold = [] {
  look_for_signing_in(PROTEUS_SIGNING_FOLDER);
  return true;
}();

}  // namespace proteus::live
