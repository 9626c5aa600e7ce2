#!/usr/bin/perl
# Judges cases (JSON lines on stdin) with Mail::SPF, without any DNS. Prints one line {id, result, explanation, why} per case.
use strict;
use warnings;
use JSON::PP;
use Mail::SPF;

# The part of Net::DNS that Mail::SPF uses.
package Peer::Record;
sub type          { $_[0]{type} }
sub address       { $_[0]{value} }
sub exchange      { $_[0]{value} }
sub ptrdname      { $_[0]{value} }
sub char_str_list { ($_[0]{value}) }

package Peer::Packet;
sub header { $_[0] }
sub rcode  { $_[0]{rcode} }
sub answer { @{ $_[0]{records} } }

package Peer::Resolver;
sub new         { bless { zone => {} }, shift }
sub errorstring { '' }

sub send {
    my ($self, $name, $type) = @_;
    my $records = $self->{zone}{ lc $name };
    return bless { rcode => 'NXDOMAIN', records => [] }, 'Peer::Packet' if !$records;
    my $values = exists $records->{$type} ? $records->{$type} : [];
    return bless { rcode => 'SERVFAIL', records => [] }, 'Peer::Packet' if !defined $values;
    return bless {
        rcode   => 'NOERROR',
        records => [ map { bless { type => $type, value => $_ }, 'Peer::Record' } @$values ],
    }, 'Peer::Packet';
}

package main;
my $json     = JSON::PP->new->ascii->canonical;
my $resolver = Peer::Resolver->new;

sub judge {
    my ($case) = @_;
    $resolver->{zone} = $case->{zone};
    my $server = Mail::SPF::Server->new(
        dns_resolver                  => $resolver,
        hostname                      => 'unknown',
        default_authority_explanation => 'DEFAULT',
        max_void_dns_lookups          => $case->{void_limit},
    );
    my $is_helo = $case->{sender} eq '';
    my $result  = $server->process(
        Mail::SPF::Request->new(
            versions      => [1],
            scope         => $is_helo ? 'helo' : 'mfrom',
            identity      => $is_helo ? $case->{helo} : $case->{sender},
            helo_identity => $case->{helo},
            ip_address    => $case->{client},
        )
    );
    my $is_fail = $result->code eq 'fail';
    return {
        result      => $result->code,
        explanation => $is_fail ? "" . $result->authority_explanation : '',
        why     => $is_fail ? '' : $result->text,
    };
}

while (my $line = <STDIN>) {
    my $case = $json->decode($line);
    local $SIG{__WARN__} = sub { };
    my $out = eval { judge($case) };
    $out ||= { result => 'crash', explanation => '', why => ref $@ ? $@->stringify : "$@" };
    print $json->encode({ id => $case->{id}, map { $_ => $out->{$_} } qw(result explanation why) }), "\n";
}
