/** `codex exec --output-schema`: the schema reaches the model in the form that its provider accepts. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answer } from '../../support/upstream/scripted-upstream';
import { textsOf } from './events';
import { scenario } from './scenario';

const SCHEMA = {
  type: 'object',
  properties: { colour: { type: 'string', enum: ['röt', 'blau'] }, count: { type: 'integer' } },
  required: ['colour', 'count'],
  additionalProperties: false,
};
const TEXT = '{"colour":"röt","count":3}';

scenario(
  'an output schema',
  { script: [answer({ reasoning: 'Red.', text: TEXT })] },
  async ({ run, folder, dialect }) => {
    const schema = join(folder.root, 'schema.json');
    const last = join(folder.root, 'last-message.txt');
    await writeFile(schema, JSON.stringify(SCHEMA));
    const { events, requests } = await run('What?', {
      args: ['--output-schema', schema, '--output-last-message', last],
    });
    assert.deepEqual(textsOf(events, 'agent_message'), [TEXT]);
    assert.equal(await readFile(last, 'utf8'), TEXT);

    const { response_format: format, messages } = requests[0]?.body;
    if (dialect === 'openai') {
      assert.equal(format.type, 'json_schema');
      assert.deepEqual(format.json_schema.schema, SCHEMA);
      return;
    }
    // The Coding Plan's models think, and DashScope then rejects JSON modes, so the schema becomes an instruction.
    assert.equal(format, undefined);
    assert.ok(messages[0].content.includes(JSON.stringify(SCHEMA)));
  },
);
