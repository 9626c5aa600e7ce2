#!/usr/bin/perl
# Acts as a qmail-smtpd with qmail-spp, by its documentation, for the files of etc/qmail: states of SMTP, plugins and their
# environment, and the clearing of headers (at RSET and DATA only).
#   qmail_spp.pl FILE   (as control/smtpplugins)
# Reads SMTP commands from standard input, and a message as one line after DATA. Prints the replies, and for each message "from
# SENDER" and its lines. Supports the plugin commands that etc/qmail prints. SPP_LIMIT bounds the address space of plugins in
# bytes, like softlimit; with SPP_INETD their standard error is a socket, whose output is shown as "client ..."; SPP_PERL5OPT is
# their PERL5OPT.
use strict;
use warnings;
use POSIX;
use Socket;

$| = 1;
my %plugins;
my $section = '';
open my $control, '<', $ARGV[0] or die "$ARGV[0]: $!\n";
while (<$control>) {
    s/\s+\z//;
    next if $_ eq '' || /^#/;
    if   (/^\[(.)/) { $section = $1 }
    else            { push @{$plugins{$section}}, $_ }
}
socketpair my $client, my $inetd, AF_UNIX, SOCK_STREAM, PF_UNSPEC or die $!;
my @headers;
my ($mail, $recipients) = (undef, 0);

sub reply { print "$_[0]\n" }

# Returns false if the command is refused and the client has its reply.
sub plugins {
    my ($event) = @_;
    return 1 if exists $ENV{NOSPP};
    for my $plugin (@{$plugins{$event}}) {
        pipe my $output, my $input or die $!;
        my $child = fork // die $!;
        if (!$child) {
            close STDIN;
            POSIX::dup2(fileno $input, 1);
            POSIX::dup2(fileno $inetd, 2) if $ENV{SPP_INETD};
            my @command = $plugin =~ /^:(.*)/ ? ('/bin/sh', '-c', $1) : ($plugin);
            $ENV{PERL5OPT} = $ENV{SPP_PERL5OPT} if $ENV{SPP_PERL5OPT};
            unshift @command, 'prlimit', "--as=$ENV{SPP_LIMIT}" if $ENV{SPP_LIMIT};
            { no warnings; exec {$command[0]} @command }
            POSIX::_exit(120);
        }
        close $input;
        my $refused = 0;
        while (my $line = <$output>) {
            chomp $line;
            next if $line eq '';
            my ($command, $text) = (substr($line, 0, 1), substr $line, 1);
            if    ($command eq 'H') { push @headers, $text }
            elsif ($command eq 'S') { my ($name, $value) = split /=/, $text, 2; $ENV{$name} = $value }
            elsif ($command eq 'U') { delete $ENV{$text} }
            elsif ($command eq 'E') { reply($text); $refused = 1; last }
            else                    { die "a plugin printed $line\n" }
        }
        close $output;
        waitpid $child, 0;
        my $wrong = WIFSIGNALED($?) ? 'child crashed' : WEXITSTATUS($?) == 120 ? "can't execute" : '';
        if ($wrong) { reply("451 qmail-spp failure: $plugin: $wrong (#4.3.0)"); return 0 }
        return 0 if $refused;
    }
    return 1;
}

sub clear { @headers = () }

while (my $line = <STDIN>) {
    chomp $line;
    if ($line =~ /^(?:HELO|EHLO) (.*)/i) {
        $ENV{SMTPHELOHOST} = $1;
        next if !plugins('h');
        $mail = undef;
        reply('250 mx.lab.test');
    } elsif ($line =~ /^MAIL FROM:<(.*)>$/i) {
        $ENV{SMTPMAILFROM} = $1;
        # After a refusal the previous sender stays in force.
        next if !plugins('m');
        ($mail, $recipients) = ($ENV{SMTPMAILFROM}, 0);
        reply('250 ok');
    } elsif ($line =~ /^RCPT TO:<(.*)>$/i) {
        if (!defined $mail) { reply('503 MAIL first (#5.5.1)'); next }
        $ENV{SMTPRCPTTO} = $1;
        next if !plugins('r');
        if ($1 !~ /\@lab\.test$/) { reply('553 no gateway (#5.7.1)'); next }
        ++$recipients;
        reply('250 ok');
    } elsif ($line =~ /^DATA$/i) {
        if (!defined $mail) { reply('503 MAIL first (#5.5.1)'); next }
        if (!$recipients)   { reply('503 RCPT first (#5.5.1)'); next }
        next if !plugins('d');
        reply('354 go ahead');
        my $text = <STDIN> // '';
        print "from $mail\n", 'Received: ', "\n", map({ "$_\n" } @headers), $text;
        clear();
        $mail = undef;
        reply('250 ok 1 qp 1');
    } elsif ($line =~ /^RSET$/i) {
        clear();
        $mail = undef;
        reply('250 flushed');
    } else {
        reply('502 unimplemented (#5.5.1)');
    }
}
shutdown $inetd, 1;
close $inetd;
$client->blocking(0);
print "client $_" while <$client>;
