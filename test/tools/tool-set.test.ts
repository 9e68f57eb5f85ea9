/** Tool names in both directions: valid and stable for the provider, exact for the client. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hashText } from '../../src/base/hash';
import { ToolSet } from '../../src/tools/tool-set';
import type { CallTarget } from '../../src/tools/kind';

type Tool = Pick<CallTarget, 'name' | 'namespace'>;

function createSet(tools: readonly Tool[], forbidden: readonly string[] = []): ToolSet {
  const set = new ToolSet(forbidden);
  for (const tool of tools) set.add({ target: { kind: 'function', ...tool }, parameters: { type: 'object' } });
  return set;
}

const namesOf = (set: ToolSet): readonly string[] => set.offered.map((tool) => tool.function.name);
const hashOf = ({ name, namespace = '' }: Tool): string => hashText(`${namespace}\0${name}`);

const LONG = 'a'.repeat(70);

describe('upstream names', () => {
  const NAMES: readonly (readonly [description: string, tool: Tool, name: string])[] = [
    ['a valid name', { name: 'exec_command' }, 'exec_command'],
    ['a name of 64 characters', { name: 'a'.repeat(64) }, 'a'.repeat(64)],
    ['a name of 65 characters', { name: 'a'.repeat(65) }, `${'a'.repeat(56)}_${hashOf({ name: 'a'.repeat(65) })}`],
    [
      'a long name in a namespace',
      { name: LONG, namespace: 'mcp__x' },
      `mcp__x__${'a'.repeat(48)}_${hashOf({ name: LONG, namespace: 'mcp__x' })}`,
    ],
    ['a namespace', { name: 'echo', namespace: 'mcp__mini' }, 'mcp__mini__echo'],
    ['a namespace of Codex 0.125', { name: 'echo', namespace: 'mcp__mini__' }, 'mcp__mini__echo'],
    ['Codex’s own namespace', { name: 'exec', namespace: 'functions' }, 'exec'],
    ['an empty namespace', { name: 'exec', namespace: '' }, 'exec'],
    ['a dot', { name: 'repo.list' }, `repo_list_${hashOf({ name: 'repo.list' })}`],
    ['non-ASCII letters', { name: '读取' }, `___${hashOf({ name: '读取' })}`],
    ['a leading digit', { name: '3d_view' }, `_3d_view_${hashOf({ name: '3d_view' })}`],
    ['a leading digit is allowed after a namespace', { name: '3d', namespace: 'mcp__a' }, 'mcp__a__3d'],
    ['no name', { name: '' }, `__${hashOf({ name: '' })}`],
    ['a forbidden name', { name: 'search' }, `search_${hashOf({ name: 'search' })}`],
    ['a forbidden name in a namespace', { name: 'search', namespace: 'mcp__a' }, 'mcp__a__search'],
  ];
  for (const [description, tool, name] of NAMES) {
    it(description, () => {
      const set = createSet([tool], ['search']);
      assert.deepEqual(namesOf(set), [name]);
      assert.match(name, /^[a-zA-Z_-][a-zA-Z0-9_-]{0,63}$/);
      assert.deepEqual(set.find(name), { kind: 'function', ...tool });
      assert.equal(set.nameOf(tool), name);
      // If a later request no longer offers the tool, its history keeps the name.
      assert.equal(createSet([], ['search']).nameOf(tool), name);
    });
  }

  it('two tools never share a name, and a repeated tool is offered once', () => {
    const tools: readonly Tool[] = [
      { name: 'echo', namespace: 'mcp__a' },
      { name: 'mcp__a__echo' },
      { name: 'echo', namespace: 'mcp__b' },
      { name: 'echo' },
      { name: 'echo', namespace: 'mcp__a' },
      { name: 'a.b' },
      { name: 'a b' },
      { name: 'a_b' },
    ];
    const set = createSet(tools);
    const names = namesOf(set);
    assert.equal(names.length, 7);
    assert.equal(new Set(names).size, 7);
    for (const tool of tools) assert.deepEqual(set.find(set.nameOf(tool)), { kind: 'function', ...tool });
  });

  it('a name does not depend on the other tools, unless it is taken', () => {
    const many = Array.from({ length: 200 }, (_, index): Tool => ({
      name: `tool_${index}`,
      namespace: `mcp__${index % 7}`,
    }));
    const all = createSet(many);
    for (const tool of many) assert.equal(createSet([tool]).nameOf(tool), all.nameOf(tool));
  });

  it('the first declaration of a tool wins', () => {
    const set = new ToolSet();
    set.add({ target: { kind: 'custom', name: 'a' }, description: 'first', parameters: {} });
    set.add({ target: { kind: 'function', name: 'a' }, description: 'second', parameters: {} });
    assert.deepEqual(set.offered, [
      { type: 'function', function: { name: 'a', description: 'first', parameters: {} } },
    ]);
    assert.equal(set.find('a').kind, 'custom');
  });

  it('an empty description is dropped, strict is kept', () => {
    const set = new ToolSet();
    set.add({ target: { kind: 'function', name: 'a' }, description: '', parameters: {}, strict: false });
    assert.deepEqual(set.offered[0]?.function, { name: 'a', parameters: {}, strict: false });
  });
});

describe('finding the tool of a call', () => {
  const set = createSet([
    { name: 'exec_command' },
    { name: 'echo', namespace: 'mcp__mini' },
    { name: 'list', namespace: 'mcp__a' },
    { name: 'list', namespace: 'mcp__b' },
  ]);
  const CALLS: readonly (readonly [called: string, target: Tool])[] = [
    ['exec_command', { name: 'exec_command' }],
    ['Exec_Command', { name: 'exec_command' }],
    ['functions.exec_command', { name: 'exec_command' }],
    ['mcp__mini__echo', { name: 'echo', namespace: 'mcp__mini' }],
    ['MCP__mini__echo', { name: 'echo', namespace: 'mcp__mini' }],
    ['echo', { name: 'echo', namespace: 'mcp__mini' }],
    ['functions.echo', { name: 'echo', namespace: 'mcp__mini' }],
    ['list', { name: 'list' }],
    ['mcp__b__list', { name: 'list', namespace: 'mcp__b' }],
    ['gone', { name: 'gone' }],
    ['', { name: '' }],
  ];
  for (const [called, target] of CALLS) {
    it(`"${called}" calls ${JSON.stringify(target)}`, () =>
      assert.deepEqual(set.find(called), { kind: 'function', ...target }));
  }

  it('has() is true only for the exact name of an offered tool', () => {
    assert.equal(set.has('mcp__mini__echo'), true);
    assert.equal(set.has('echo'), false);
  });
});

it('the hash is the same in every process, and depends on where the separator is', () => {
  assert.equal(hashText(''), '0ztntfp');
  assert.match(hashText('x'.repeat(1_000)), /^[0-9a-z]{7}$/);
  assert.notEqual(hashText('a\0b'), hashText('ab\0'));
});
