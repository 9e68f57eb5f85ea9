/** TCP keep-alive: only it detects a client that disappears without closing its connection. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { connectTo, startServer } from '../support/bridge/test-server';

/** The column `tr` of /proc/net/tcp: the timer of a connection. 2 is "another timer", here that of keep-alive. */
const KEEP_ALIVE = '02';

const isLinux = process.platform === 'linux';

test(
  'connections have TCP keep-alive',
  { skip: isLinux ? false : 'only Linux shows the timers of connections' },
  async (context) => {
    const { port } = await startServer(context);
    const socket = await connectTo(context, port);
    // A response proves that the server has accepted the connection.
    socket.write('GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    const hex = (number: number): string => number.toString(16).toUpperCase().padStart(4, '0');
    const find = (): readonly string[] | undefined =>
      readFileSync('/proc/net/tcp', 'utf8')
        .split('\n')
        .map((line) => line.trim().split(/\s+/))
        .find(
          ([, local, remote]) => local?.endsWith(`:${hex(port)}`) && remote?.endsWith(`:${hex(socket.localPort ?? 0)}`),
        );
    // The table may change while it is read, and rows may be missed.
    let row = find();
    for (let attempt = 0; row === undefined && attempt < 20; attempt += 1) row = find();
    assert.equal(row?.[5]?.split(':')[0], KEEP_ALIVE);
  },
);
