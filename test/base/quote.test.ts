/** Messages show no part of the credentials in a URL. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskCredentials, quote } from '../../src/base/quote';

test('the user name and password of a URL are masked, even if the password contains @ or /', () => {
  for (const credentials of ['me', 'me:secret', 'me:p@ss', ':p@@ss@', 'me:p/ss', 'me:/']) {
    const url = `http://${credentials}@proxy.test:8080/v1`;
    assert.equal(maskCredentials(url), 'http://…@proxy.test:8080/v1');
    assert.equal(quote(url), '"http://…@proxy.test:8080/v1"');
  }
  for (const url of ['http://proxy.test/@me', 'http://proxy.test:80/@me', 'me@proxy.test'])
    assert.equal(maskCredentials(url), url);
});
