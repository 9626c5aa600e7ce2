# Sourced by the tests of MTAs that use the milter protocol: cases that other doors do not have.
# shellcheck shell=bash disable=SC2317,SC2034,SC2154
refused_at="MAIL FROM"

milter_cases() {
  bad alice@fail.test
  check "fail: the code of RFC 7372" refused '^550 5\.7\.23 '
  bad alice@temperror.test
  check "temperror: the code of RFC 7372" refused '^451 4\.7\.24 .*temperror\.test'
  good alice@pass.test --header 'Received-SPF: pass (mx.lab.test: forged) receiver=mx.lab.test'
  check "a forged header stays, below ours, by default" both accepted 'header 2 pass'
  check "it is below Received" above Received-SPF Received

  try 127.0.0.1 localhost alice@fail.test
  check "mail from the host itself is exempt by default, without a header" both accepted 'header 0 .*'

  stop spfd
  run_spfd --milter-remove-forged
  bad alice@softfail.test --header 'Received-SPF: pass (mx.lab.test: forged) receiver=mx.lab.test' \
    --header 'Authentication-Results: mx.lab.test; spf=pass smtp.mailfrom=softfail.test' \
    --header 'Received-SPF: pass (elsewhere.test: theirs) receiver=elsewhere.test' \
    --header 'Authentication-Results: elsewhere.test; spf=pass smtp.mailfrom=softfail.test' \
    --header 'Received-SPF: pass (forged again) receiver="mx.lab.test"'
  check "--milter-remove-forged: headers with our name are removed" both accepted 'header 2 softfail|pass..elsewhere'
  check "--milter-remove-forged: headers of others stay" results 1 'elsewhere\.test;'
  call 192.0.2.10 mail.pass.test
  say_message alice@pass.test
  say_message alice@pass.test
  hang_up
  check "--milter-remove-forged: several messages on a connection" both 'wait_until messages 2' 'header 2 pass'

  stop spfd
  run_spfd --milter-check-at=rcpt --secondary-mx=auto --mta-header=authentication-results
  refused_at="RCPT TO"
  bad alice@fail.test
  check "--milter-check-at=rcpt: 550 at RCPT" refused '^550 5\.7\.23 .*fail\.test'
  good two@pass.test --to bob@lab.test,carol@lab.test
  check "--milter-check-at=rcpt, two recipients: one header" both accepted 'results 1 mx\.lab\.test;.*spf=pass'
  check "--mta-header=authentication-results: above Received" above Authentication-Results Received
  refused_at="MAIL FROM"
  stop spfd
  run_spfd
}
