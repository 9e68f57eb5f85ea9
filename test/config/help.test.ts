/** The help text and the configuration page contain every option, because both are rendered from the table. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderConfigurationPage, renderOptionsHelp } from '../../src/config/help';
import { OPTIONS, OPTION_NAMES } from '../../src/config/options';

const TEXTS = {
  'the help text': renderOptionsHelp(),
  'the configuration page': renderConfigurationPage(),
};

for (const [title, content] of Object.entries(TEXTS)) {
  test(`${title} has the flag, the variable and the description of every option once`, () => {
    for (const name of OPTION_NAMES) {
      const { env, flags, help, type } = OPTIONS[name];
      const flag = type.isSwitch ? `--[no-]${flags[0].slice(2)}` : `${flags[0]} ${type.placeholder}`;
      for (const part of [flag, help]) {
        const shown = title === 'the help text' ? part : part.replaceAll('|', '\\|');
        assert.equal(content.split(shown).length - 1, 1, part);
      }
      assert.ok(content.includes(env[0]));
    }
  });
}

test('the help text shows the flag, variable, default and description of an option', () => {
  assert.match(TEXTS['the help text'], / {2}--port PORT +env PORT, default 31415\n {6}Port to listen on; .*\.\n/);
  assert.match(TEXTS['the help text'], / {2}--\[no-\]web-search +env WEB_SEARCH, default off\n/);
  assert.match(TEXTS['the help text'], / {2}--ai-api-key KEY +env AI_API_KEY\n/);
});

test('every row of a table has as many cells as its heading', () => {
  for (const table of TEXTS['the configuration page'].split('\n\n').filter((block) => block.startsWith('|'))) {
    const widths = table.trim().split('\n').map((row) => row.split(/(?<!\\)\|/).length);
    assert.equal(new Set(widths).size, 1, table);
  }
});
