/** The TOML parser: every kind of value, every rule for tables, and the positions of errors and statements. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseToml, startOf, type TomlDocument } from '../../src/codex/toml/parse-toml';
import { renderKey, renderString, isTomlTable, TomlDate, type TomlValue } from '../../src/codex/toml/value';
import { listFixtures } from '../support/fixtures';

function read(text: string): TomlDocument {
  const document = parseToml(text);
  assert.ok(document.ok, document.ok ? '' : `${text}: ${document.problem}`);
  return document;
}

/** Tables as ordinary objects, dates as `<text>`. */
function plain(value: TomlValue | undefined): unknown {
  if (value instanceof TomlDate) return `<${value.text}>`;
  if (Array.isArray(value)) return value.map(plain);
  return isTomlTable(value)
    ? Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]))
    : value;
}

const valueOf = (text: string): unknown => plain(read(`x = ${text}`).value['x']);

const VALUES: readonly (readonly [text: string, value: unknown])[] = [
  ['"a\\tb\\u00e9\\U0001F600\\"\\\\\\b\\f\\n\\r\\e\\x41"', 'a\tb\u00e9\u{1f600}"\\\b\f\n\r\u001bA'],
  [`'C:\\Users\\me'`, 'C:\\Users\\me'],
  ['""', ''],
  [`''`, ''],
  ['"""a\nb"""', 'a\nb'],
  ['"""\r\na\r\nb"""', 'a\nb'],
  ['"""a \\\n  \n  b\\n"""', 'a b\n'],
  ['"""a""b"""""', 'a""b""'],
  [`'''\na\\'b''c'''''`, `a\\'b''c''`],
  ['"# [not] = a comment" # a comment', '# [not] = a comment'],
  ['0', 0],
  ['-0', 0],
  ['+17', 17],
  ['1_000', 1000],
  ['0xDEAD_beef', 0xdeadbeef],
  ['0o755', 0o755],
  ['0b1_0', 2],
  ['9223372036854775807', 9223372036854775807n],
  ['-9223372036854775808', -9223372036854775808n],
  ['9007199254740991', 9007199254740991],
  ['1.5', 1.5],
  ['-0.0', -0],
  ['6.626e-34', 6.626e-34],
  ['1e0_6', 1e6],
  ['5E+22', 5e22],
  ['inf', Infinity],
  ['-inf', -Infinity],
  ['+nan', NaN],
  ['true', true],
  ['false', false],
  ['1979-05-27T07:32:00Z', '<1979-05-27T07:32:00Z>'],
  ['1979-05-27t00:32:00.999-07:00', '<1979-05-27t00:32:00.999-07:00>'],
  ['1979-05-27 07:32:00', '<1979-05-27 07:32:00>'],
  ['1979-05-27', '<1979-05-27>'],
  ['1979-05-27 # day', '<1979-05-27>'],
  ['07:32:00.5', '<07:32:00.5>'],
  ['23:59:60', '<23:59:60>'],
  ['07:32', '<07:32>'],
  ['2000-02-29', '<2000-02-29>'],
  ['[]', []],
  ['[1, "a", [true], { b = 1 }]', [1, 'a', [true], { b: 1 }]],
  ['[ # c\n 1, # d\r\n\n 2,\n]', [1, 2]],
  ['{}', {}],
  ['{ a = 1, b.c = 2, b.d = 3, "e f" = {} }', { a: 1, b: { c: 2, d: 3 }, 'e f': {} }],
  ['{ # c\n a = 1, # d\n b = [\n], \n}', { a: 1, b: [] }],
];

for (const [text, value] of VALUES) {
  test(`parses the value ${JSON.stringify(text)}`, () => assert.deepEqual(valueOf(text), value));
}

const DOCUMENTS: readonly (readonly [text: string, value: unknown])[] = [
  ['', {}],
  ['\ufeff# only a comment', {}],
  ['a.b . "c.d" = 1\na.e = 2', { a: { b: { 'c.d': 1 }, e: 2 } }],
  ['1 = 1\n-a_ = 2\n"" = 3', { 1: 1, '-a_': 2, '': 3 }],
  ['[a]\nx = 1\n[a.b.c]\n[a.b]\ny = 2', { a: { x: 1, b: { c: {}, y: 2 } } }],
  ['[ a . "b" ] # c\n', { a: { b: {} } }],
  ['[[a]]\nx = 1\n[a.b]\n[[a]]\n[[a.c]]\n[[a.c]]', { a: [{ x: 1, b: {} }, { c: [{}, {}] }] }],
  ['[a]\nb.c = 1\n[a.b.d]\ne = 1', { a: { b: { c: 1, d: { e: 1 } } } }],
  ['[a.b.c]\n[a]\nb.x = 1', { a: { b: { c: {}, x: 1 } } }],
];

for (const [text, value] of DOCUMENTS) {
  test(`parses the document ${JSON.stringify(text)}`, () => assert.deepEqual(plain(read(text).value), value));
}

test('a key such as __proto__ is an ordinary key', () => {
  const { value } = read('__proto__.x = 1\n[constructor]\ny = { __proto__ = 2 }\n');
  assert.deepEqual(Object.keys(value), ['__proto__', 'constructor']);
  assert.equal(({} as Record<string, unknown>)['x'], undefined);
});

const PROBLEMS: readonly (readonly [text: string, problem: RegExp, line: number, column: number])[] = [
  ['a = ', /^expected a value$/, 1, 5],
  ['a = gpt-5', /^expected a value; put strings in quotes$/, 1, 5],
  ['model = gpt-5', /^expected a value, found gpt-5; put strings in quotes$/, 1, 9],
  ['a = 1 b = 2', /^expected the end of the line after the value of a, found "b"$/, 1, 7],
  ['\na 1', /^expected "=" after the key a, found "1"$/, 2, 3],
  ['= 1', /^expected a key, found "="$/, 1, 1],
  ['a.  = 1', /^expected a key, found "="$/, 1, 5],
  ['é = 1', /^expected a key, found "é"$/, 1, 1],
  ['"""a""" = 1', /^expected "=" after the key/, 1, 3],
  ['\ufeffa = "é\u{1f600}" x', /^expected the end of the line/, 1, 10],
  ['a = "b\nc"', /a closing quote for the string that begins here$/, 1, 5],
  ['a = """b\nc"', /a closing quote for the string that begins here$/, 1, 5],
  ['a = "b\u0007c"', /a string without the control character U\+0007: escape it in double quotes$/, 1, 7],
  ['a = "\\q"', /^expected one of .*'single quotes'/, 1, 6],
  ['a = "\\ud800"', /^expected a Unicode scalar value, found \\ud800$/, 1, 6],
  ['# a\u0000', /^expected a key, found the control character U\+0000$/, 1, 4],
  ['a = 1\rb = 2', /found the control character U\+000D$/, 1, 6],
  ['name = 01', /^expected a value, found 01/, 1, 8],
  ['a = 1__0', /^expected a value/, 1, 5],
  ['a = 1.', /^expected a value/, 1, 5],
  ['a = 9223372036854775808', /^expected a 64-bit integer/, 1, 5],
  ['name = 1979-02-29', /^expected a value, found 1979-02-29/, 1, 8],
  ['a = 1979-05-27 25:00:00', /^expected a value/, 1, 5],
  ['a = 07:60', /^expected a value/, 1, 5],
  ['a = 1979-05-27T07:32:00+24:00', /^expected a value/, 1, 5],
  ['a = [1 2]', /^expected "," or "\]" in the array, found "2"$/, 1, 8],
  ['a = [1,\n2', /^expected "\]" for the array that begins here/, 1, 5],
  ['a = [,]', /^expected a value/, 1, 6],
  ['a = { b = 1 c = 2 }', /^expected "," or "}" in the inline table, found "c"$/, 1, 13],
  ['a = { b = 1', /^expected "\}" for the inline table that begins here/, 1, 5],
  ['a = { , }', /^expected a key, found ","$/, 1, 7],
  ['a = { b = 1, b = 2 }', /^expected each key once; b is already defined$/, 1, 14],
  ['a = 1\na = 2', /^expected each key once; a is already defined$/, 2, 1],
  ['a = 1\na.b = 2', /^expected a new key; a is already defined$/, 2, 1],
  ['a = {}\na.b = 2', /^expected a new key; a is already defined$/, 2, 1],
  ['a = {}\n[a.b]', /^expected a table; a already has a value$/, 2, 1],
  ['a = {}\n[a]', /^expected each table once; a is already defined$/, 2, 1],
  ['[a]\n[a]', /^expected each table once; a is already defined$/, 2, 1],
  ['[a.b]\n[a]\nb.c = 1', /^expected a new key; b is already defined$/, 3, 1],
  ['a.b = 1\n[a]', /^expected each table once; a is already defined$/, 2, 1],
  ['[[a]]\n[a]', /^expected each table once; a is already defined$/, 2, 1],
  ['[a]\n[[a]]', /^expected \[\[a\]\] to start or continue an array of tables, but the key is already defined$/, 2, 1],
  ['a = []\n[[a]]', /^expected \[\[a\]\] to start or continue/, 2, 1],
  ['[a] b = 1', /^expected the end of the line after \[a\], found "b"$/, 1, 5],
  ['[a\nb]', /^expected "\]" after a, found the end of the line$/, 1, 3],
  ['[[a]', /^expected "\]\]" after a/, 1, 4],
  ['[]', /^expected a key, found "\]"$/, 1, 2],
  [`a = ${'['.repeat(90)}`, /^expected at most 80 nested values$/, 1, 85],
];

for (const [text, problem, line, column] of PROBLEMS) {
  test(`reports the error in ${JSON.stringify(text.slice(0, 40))}`, () => {
    const found = parseToml(text);
    assert.ok(!found.ok);
    assert.match(found.problem, problem);
    assert.deepEqual([found.line, found.column], [line, column]);
  });
}

test('statements have positions: whole lines, all lines of a value, no byte order mark', () => {
  const text =
    '\ufeff# c\r\n  a.b = """\r\n[x]\r\n""" # d\r\n\r\n[t."u v"]\r\nl = [\r\n1,\r\n]\r\n[[t.w]]\r\nz = { m = 1, n.o ' +
    '= "p" }';
  const { statements } = read(text);
  assert.deepEqual(
    statements.map(({ kind, path, line, start, end }) => [kind, path.join('/'), line, text.slice(start, end)]),
    [
      ['pair', 'a/b', 2, '  a.b = """\r\n[x]\r\n""" # d\r\n'],
      ['header', 't/u v', 6, '[t."u v"]\r\n'],
      ['pair', 't/u v/l', 7, 'l = [\r\n1,\r\n]\r\n'],
      ['header', 't/w', 10, '[[t.w]]\r\n'],
      ['pair', 't/w/z', 11, 'z = { m = 1, n.o = "p" }'],
    ],
  );
  const last = statements.at(-1);
  assert.ok(last?.kind === 'pair');
  assert.deepEqual(
    last.members.map(({ path, start, end }) => [path, text.slice(start, end)]),
    [
      [['m'], 'm = 1'],
      [['n', 'o'], 'n.o = "p"'],
    ],
  );
});

test('only comments and empty lines are outside of statements', () => {
  for (const fixture of listFixtures('config-toml')) {
    const text = fixture.text('before.toml');
    const document = parseToml(text);
    if (!document.ok) continue;
    let at = startOf(text);
    for (const { start, end } of [...document.statements, { start: text.length, end: text.length }]) {
      assert.match(text.slice(at, start), /^(?:[ \t]*(?:#[^\n]*)?\r?(?:\n|$))*$/, fixture.name);
      at = end;
    }
  }
});

test('a file truncated at any position is parsed, or rejected with an existing position', () => {
  for (const fixture of listFixtures('config-toml')) {
    const text = fixture.text('before.toml');
    for (let length = 0; length <= text.length; length += 1) {
      const found = parseToml(text.slice(0, length));
      if (!found.ok) assert.ok(found.line <= text.split('\n').length && found.column > 0, `${fixture.name}: ${length}`);
    }
  }
});

test('rendered strings and keys are parsed back unchanged', () => {
  for (const text of [
    '',
    'a',
    'a b',
    'a.b',
    '"',
    '\\',
    `'`,
    '\u007f\u0000\t\n\r',
    'é\u{1f600}',
    'C:\\Users\\me',
    '__proto__',
  ]) {
    const { statements } = read(`${renderKey(['t', text])} = ${renderString(text)}`);
    assert.deepEqual(
      statements.map((statement) => statement.kind === 'pair' && [statement.path, statement.value]),
      [[['t', text], text]],
    );
  }
});

test('no message contains a part of a value or key that may be secret', () => {
  for (const text of [
    'bearer_token = sk-test-hidden', 'env = { X_PAT = hidden }', 'http_headers = { X-Acme = hidden }',
    'passphrase = hidden', 'base_url = https://user:hidden@host.example', 'model = sk-test-hidden', '[sk-test-hidden',
    'sk-test-hidden', 'sk-test-hidden = 1 x', 'sk-test-hidden = 1\nsk-test-hidden = 2',
    '[sk-test-hidden]\n[sk-test-hidden]',
    'api_keys = [\n"a"\nhidden', 'pin = 99999999999999999999',
  ]) {
    const document = parseToml(text);
    assert.ok(!document.ok, text);
    assert.doesNotMatch(document.problem, /hidden|9999/, text);
  }
});
