// The parts of a daemon that spfd shares with spfweb, by the names that they have in spfd.
#pragma once

#include "common/service/start_error.h"

namespace spfd {

using namespace service;  // NOLINT(google-build-using-namespace): its names are those of a daemon

}  // namespace spfd
