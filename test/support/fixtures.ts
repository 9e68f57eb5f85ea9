/** Reads fixtures: each folder is a case. Expected files are rewritten only with UPDATE_FIXTURES=1. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJsonObject, type JsonObject } from '../../src/base/json';

const ROOT = join(__dirname, '..', 'fixtures');

/** One fixture folder. */
export interface Fixture {
  readonly name: string;
  /** `case.json`: where the case comes from (`from`) and its options. */
  readonly options: JsonObject;
  has(file: string): boolean;
  text(file: string): string;
  bytes(file: string): Buffer;
  json(file: string): JsonObject;
  /** Compares `actual` with the expected file, or writes it when UPDATE_FIXTURES=1. A missing file fails otherwise. */
  expect(file: string, actual: string): void;
}

/** All cases of an area, sorted by name. */
export function listFixtures(area: string): readonly Fixture[] {
  const folder = join(ROOT, area);
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => openFixture(join(folder, entry.name), entry.name))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** The requests the real Codex sent, by file name: method, url, headers, body. */
export function listCodexRequests(): readonly {
  readonly name: string;
  readonly url: string;
  readonly headers: JsonObject;
  readonly body: JsonObject;
}[] {
  const folder = join(ROOT, 'codex-requests');
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const captured = parseJsonObject(readFileSync(join(folder, name), 'utf8'));
      const body = captured?.['body'];
      if (captured?.['method'] !== 'POST' || typeof body !== 'object' || body === null || Array.isArray(body))
        return [];
      return [
        { name, url: String(captured['url']), headers: captured['headers'] as JsonObject, body: body as JsonObject },
      ];
    });
}

function openFixture(folder: string, name: string): Fixture {
  const at = (file: string): string => join(folder, file);
  const json = (file: string): JsonObject => {
    const value = parseJsonObject(readFileSync(at(file), 'utf8'));
    assert.ok(value, `${name}/${file} is not a JSON object`);
    return value;
  };
  return {
    name,
    options: json('case.json'),
    has: (file) => existsSync(at(file)),
    text: (file) => readFileSync(at(file), 'utf8'),
    bytes: (file) => readFileSync(at(file)),
    json,
    expect(file, actual) {
      if (process.env['UPDATE_FIXTURES'] === '1') return writeFileSync(at(file), actual);
      assert.ok(
        existsSync(at(file)),
        `${name}/${file} is missing; run npm run fixtures:update and review what it writes`,
      );
      assert.equal(actual, readFileSync(at(file), 'utf8'));
    },
  };
}
