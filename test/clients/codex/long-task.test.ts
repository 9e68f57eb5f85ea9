/** A task of twelve tool rounds that builds, changes and checks files with real commands. */
import assert from 'node:assert/strict';
import { answer } from '../../support/upstream/scripted-upstream';
import { readTree } from '../support/work-folder';
import { assertGrowing, messagesAfter } from './chat-requests';
import { completedItems, textsOf, usageOf } from './events';
import { scenario } from './scenario';
import { shellCall } from './versions';

/** The command of each round, and its output. */
const ROUNDS: readonly (readonly [command: string, output: string])[] = [
  ['mkdir -p src/lib docs && find . -type d -not -path "./.git*" | sort', '.\n./docs\n./src\n./src/lib\n'],
  [`cat > src/lib/sum.js <<'EOF'\nexports.sum = (...numbers) => numbers.reduce((a, b) => a + b);\nEOF`, ''],
  [
    `cat > src/main.js <<'EOF'\nconst { sum } = require('./lib/sum');\nconsole.log(\`sum: \${sum(1, 2, 3)}\`);\nEOF`,
    '',
  ],
  ['node src/main.js', 'sum: 6\n'],
  [`sed -i.bak 's/1, 2, 3/1, 2, 39/' src/main.js && node src/main.js`, 'sum: 42\n'],
  ['ls src', 'lib\nmain.js\nmain.js.bak\n'],
  ['rm src/main.js.bak && ls src', 'lib\nmain.js\n'],
  [`printf '# Überschrift\\n\\n- "eins"\\n- 二\\n' > docs/README.md && wc -l < docs/README.md | tr -d ' '`, '4\n'],
  [`printf -- '- \\\\three\\\\\\n' >> docs/README.md && tail -n 1 docs/README.md`, '- \\three\\\n'],
  ['mv docs/README.md README.md && rmdir docs && ls', 'README.md\nsrc\n'],
  ['cat missing.txt || echo "exit code $?"', 'cat: missing.txt: No such file or directory\nexit code 1\n'],
  [
    'grep -rn sum src | sort',
    [
      'src/lib/sum.js:1:exports.sum = (...numbers) => numbers.reduce((a, b) => a + b);',
      `src/main.js:1:const { sum } = require('./lib/sum');`,
      'src/main.js:2:console.log(`sum: ${sum(1, 2, 39)}`);\n',
    ].join('\n'),
  ],
];

const thought = (round: number): string => `Round ${round}: what next? 好。`;

scenario(
  'twelve tool rounds',
  {
    script: [
      ...ROUNDS.map(([cmd], round) =>
        answer({
          reasoning: thought(round),
          toolCalls: [shellCall(cmd)],
          usage: { prompt: 1_000 + round, completion: 10, cached: 500, reasoning: 3 },
          writeSize: 97,
        }),
      ),
      answer({ text: 'The project stands.', usage: { prompt: 2_000, completion: 10 } }),
    ],
  },
  async ({ run, folder }) => {
    const { events, requests } = await run('Build it.');
    assert.deepEqual(await readTree(folder.workspace), {
      'README.md': '# Überschrift\n\n- "eins"\n- 二\n- \\three\\\n',
      'src/lib/sum.js': 'exports.sum = (...numbers) => numbers.reduce((a, b) => a + b);\n',
      'src/main.js': `const { sum } = require('./lib/sum');\nconsole.log(\`sum: \${sum(1, 2, 39)}\`);\n`,
    });
    const commands = completedItems(events, 'command_execution');
    assert.deepEqual(commands.map((item) => item.aggregated_output), ROUNDS.map(([, output]) => output));
    assert.deepEqual(textsOf(events, 'reasoning'), ROUNDS.map((_, round) => thought(round)));
    assert.deepEqual(textsOf(events, 'agent_message'), ['The project stands.']);
    assert.deepEqual(usageOf(events), {
      input_tokens: 12 * 1_000 + 66 + 2_000,
      cached_input_tokens: 12 * 500,
      cache_write_input_tokens: 0,
      output_tokens: 13 * 10,
      reasoning_output_tokens: 12 * 3,
    });

    assert.equal(requests.length, 13);
    assertGrowing(requests);
    const messages = messagesAfter(requests[12]!, 'Build it.');
    assert.equal(messages.length, 24);
    ROUNDS.forEach(([cmd, output], round) => {
      const id = `call_${round + 1}_0`;
      assert.deepEqual(messages[2 * round], {
        role: 'assistant',
        content: '',
        reasoning_content: thought(round),
        tool_calls: [{ id, type: 'function', function: { name: 'exec_command', arguments: JSON.stringify({ cmd }) } }],
      });
      const result = messages[2 * round + 1];
      assert.deepEqual([result?.['role'], result?.['tool_call_id']], ['tool', id]);
      assert.ok(result?.['content'].endsWith(`Output:\n${output}`), result?.['content']);
    });
  },
);

/** Codex truncates each output to about 10 KB; the last requests still exceed what the bridge parses at once. */
const LISTINGS = Array.from({ length: 12 }, (_, round) => `seq -f 'line %g of ${round}: "步骤" → 🌍' 1 400`);

scenario(
  'a thread that grows beyond 64 KB',
  {
    script: [
      ...LISTINGS.map((cmd) => answer({ toolCalls: [shellCall(cmd)] })),
      answer({ text: 'All were listed.' }),
    ],
  },
  async ({ run }) => {
    const { events, requests } = await run('List the lines.');
    assert.deepEqual(textsOf(events, 'agent_message'), ['All were listed.']);
    assert.equal(requests.length, 13);
    assertGrowing(requests);
    const messages = messagesAfter(requests[12]!, 'List the lines.');
    assert.equal(messages.length, 24);
    LISTINGS.forEach((_, round) => {
      const content = String(messages[2 * round + 1]?.['content']);
      assert.ok(content.includes(`line 1 of ${round}: "步骤" → 🌍\nline 2 of ${round}: `), content.slice(0, 300));
      assert.ok(content.includes(`line 400 of ${round}: "步骤" → 🌍`), content.slice(-300));
    });
    assert.ok(requests[12]!.rawBody.length > 100_000, String(requests[12]!.rawBody.length));
  },
);
