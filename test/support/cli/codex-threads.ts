/** Writes thread files in the format of Codex 0.171. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

let number = 0;

/** Writes a thread to a folder of `codexHome`. Its instructions are long, like those of Codex. */
export async function writeThread(codexHome: string, provider: string, folder = 'sessions/2026/11/28'): Promise<void> {
  number += 1;
  await mkdir(join(codexHome, folder), { recursive: true });
  const payload = {
    account_scoped: true, session_id: `id-${number}`, cwd: '/home/me/project', originator: 'codex_exec',
    cli_version: '0.171.0', source: 'exec', model_provider: provider,
    base_instructions: { text: 'You are. '.repeat(2_000) },
  };
  const line = JSON.stringify({ timestamp: '2026-11-28T15:30:29.604Z', ordinal: 0, type: 'session_meta', payload });
  await writeFile(join(codexHome, folder, `rollout-2026-11-28T15-30-29-${number}.jsonl`), `${line}\n`);
}
