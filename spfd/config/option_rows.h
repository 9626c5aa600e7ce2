// The parts of the table of options, each in its own file.
#pragma once

#include "common/options/row.h"

namespace spfd {

void add_daemon_rows(options::Rows& rows);  // listening, process, clients, SPF
void add_policy_rows(options::Rows& rows);  // the receiver's decisions (common/receiver/rules.h)
void add_srs_rows(options::Rows& rows);     // sender rewriting (common/srs)
void add_tail_rows(options::Rows& rows);    // DNS, log, configuration

}  // namespace spfd
