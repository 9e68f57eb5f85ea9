/** The addresses from which pages may be fetched. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { isPublicAddress } from '../../src/search/public-address';

const PUBLIC = [
  '1.1.1.1',
  '8.8.8.8',
  '93.184.216.34',
  '172.32.0.1',
  '100.128.0.1',
  '2606:4700:4700::1111',
  '2a00:1450::1',
];

const PRIVATE: readonly (readonly [why: string, addresses: readonly string[]])[] = [
  ['loopback', ['127.0.0.1', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1']],
  ['unspecified', ['0.0.0.0', '0.1.2.3', '::']],
  ['private', ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fd00::1', 'fc00::1']],
  ['link-local', ['169.254.169.254', 'fe80::1', 'fe80::1%eth0', 'febf::1']],
  ['carrier-grade NAT', ['100.64.0.1', '100.127.255.255']],
  ['NAT64 of a private address', ['64:ff9b::7f00:1', '64:ff9b::a00:1', '64:ff9b:1::1']],
  [
    'IPv4 mapped or compatible',
    ['::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:8.8.8.8', '::127.0.0.1', '::ffff:0:127.0.0.1'],
  ],
  ['6to4 and Teredo', ['2002:7f00:1::', '2001:0:1::1']],
  ['multicast and broadcast', ['224.0.0.1', '239.255.255.255', '255.255.255.255', 'ff02::1']],
  [
    'documentation and benchmarks',
    ['192.0.2.1', '198.51.100.1', '203.0.113.9', '198.18.0.1', '2001:db8::1', '3fff::1'],
  ],
  ['reserved', ['240.0.0.1', '192.0.0.1', 'fec0::1', '100::1']],
  ['not an address', ['', 'localhost', 'example.com', '1.2.3', '1.2.3.4.5', '0x7f000001', '[::1]']],
];

test('public addresses are allowed', () => {
  for (const address of PUBLIC) assert.equal(isPublicAddress(address), true, address);
});

for (const [why, addresses] of PRIVATE) {
  test(`not allowed: ${why}`, () => {
    for (const address of addresses) assert.equal(isPublicAddress(address), false, address);
  });
}
