/**
 * Which addresses are everybody's: whoever may name a URL must not reach what only this machine or
 * its network can. Everything that the registries of special-purpose addresses (RFC 6890) list is
 * refused, and of IPv6 everything outside of what is given out at all.
 */
import { BlockList, isIP, isIPv4 } from 'node:net';

export function isPublicAddress(address: string): boolean {
  // A scope (`fe80::1%eth0`) only ever names a link.
  if (isIP(address) === 0 || address.includes('%')) return false;
  if (isIPv4(address)) return !NOT_PUBLIC.check(address, 'ipv4');
  return GIVEN_OUT.check(address, 'ipv6') && !NOT_PUBLIC.check(address, 'ipv6');
}

const NOT_PUBLIC = new BlockList();

const IPV4: readonly (readonly [address: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  // Of providers, behind one address for many customers.
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // Links, and where clouds tell a machine its credentials.
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  // Multicast, and all that was never given out.
  ['224.0.0.0', 3],
];
for (const [address, bits] of IPV4) NOT_PUBLIC.addSubnet(address, bits, 'ipv4');

// What is given out. Outside of it: loopback, links, private networks, multicast, and the ways of
// writing an IPv4 address as one of IPv6 (::ffff:0:0/96, 64:ff9b::/96).
const GIVEN_OUT = new BlockList();
GIVEN_OUT.addSubnet('2000::', 3, 'ipv6');

const IPV6: readonly (readonly [address: string, bits: number])[] = [
  // Protocols, Teredo among them, which carries an IPv4 address.
  ['2001::', 23],
  ['2001:db8::', 32],
  // 6to4 carries an IPv4 address, too.
  ['2002::', 16],
  ['3fff::', 20],
];
for (const [address, bits] of IPV6) NOT_PUBLIC.addSubnet(address, bits, 'ipv6');
