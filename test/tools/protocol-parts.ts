/** Renders the generated parts of docs/protocol.md: the request fields that are sent, and the repairs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPAIR_NAMES } from '../../src/upstream/repairs';

const WIRE = join(__dirname, '..', '..', 'src', 'wire');

/** The generated parts, by the name in their markers. */
export const PROTOCOL_PARTS: Readonly<Record<string, () => string>> = {
  fields: () => renderFields('chat.ts', 'ChatRequest'),
  'native-fields': () => renderFields('native.ts', 'NativeRequest'),
  repairs: () => REPAIR_NAMES.map((name, index) => `${index + 1}. ${name}\n`).join(''),
};

/** Renders the fields of an interface in src/wire as one wrapped paragraph. */
function renderFields(file: string, name: string): string {
  const text = readFileSync(join(WIRE, file), 'utf8');
  const body = new RegExp(`export interface ${name} \\{\\n([\\s\\S]*?)\\n\\}`).exec(text)?.[1] ?? '';
  const fields = [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, field]) => `\`${field}\``);
  if (fields.length === 0) throw new Error(`${file} has no interface ${name}`);
  return `${fields.join(', ').replace(/(.{1,118})(?: |$)/g, '$1\n').trimEnd()}\n`;
}
