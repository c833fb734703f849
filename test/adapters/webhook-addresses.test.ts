import assert from 'node:assert/strict';
import { isPublicAddress } from '../../src/adapters/webhooks/addresses.ts';

describe('An address', () => {
  const PUBLIC = ['8.8.8.8', '1.1.1.1', '172.15.0.1', '172.32.0.1', '192.169.0.1', '223.255.255.1'];
  const PUBLIC6 = ['2606:4700:4700::1111', '2a00:1450:4001:80b::200e', '2001:4860:4860::8888'];
  for (const address of [...PUBLIC, ...PUBLIC6]) {
    it(`is everybody's: ${address}`, () => assert.equal(isPublicAddress(address), true));
  }

  const OWN: Readonly<Record<string, string>> = {
    '127.0.0.1': 'this machine',
    '127.255.0.9': 'this machine',
    '0.0.0.0': 'this machine',
    '10.1.2.3': 'a private network',
    '172.16.0.1': 'a private network',
    '172.31.255.255': 'a private network',
    '192.168.1.1': 'a private network',
    '100.64.0.1': 'of a provider',
    '169.254.169.254': 'where clouds tell credentials',
    '198.18.0.1': 'a laboratory',
    '203.0.113.7': 'documentation',
    '224.0.0.1': 'multicast',
    '255.255.255.255': 'broadcast',
    '::1': 'this machine',
    '::': 'this machine',
    '::ffff:127.0.0.1': 'this machine, written as IPv6',
    '::ffff:7f00:1': 'this machine, written as IPv6',
    '::ffff:8.8.8.8': 'an IPv4 address in disguise',
    '::127.0.0.1': 'an IPv4 address in disguise',
    '64:ff9b::7f00:1': 'this machine, through a gateway',
    '64:ff9b:1::7f00:1': 'this machine, through a gateway of our own',
    '2002:7f00:1::': 'this machine, through 6to4',
    '2001:0:7f00:1::': 'through Teredo',
    'fe80::1': 'a link',
    'fe80::1%eth0': 'a link',
    'fd00:ec2::254': 'where clouds tell credentials',
    'fc00::1': 'a private network',
    'ff02::1': 'multicast',
    '2001:db8::1': 'documentation',
    '3fff::1': 'documentation',
    '100::1': 'to be discarded',
    localhost: 'no address at all',
    '127.1': 'no address at all',
    '': 'no address at all',
  };
  for (const [address, what] of Object.entries(OWN)) {
    it(`is not: ${address}, ${what}`, () => assert.equal(isPublicAddress(address), false));
  }
});
