/** The strict models of openai-python accept every event and answer of the bridge. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { PROJECT_ROOT } from '../../house/source-tree';
import { findProblems, runWithInput } from './run-with-input';
import { collectSamples, WRONG_SAMPLES, type Sample } from './samples';

const REQUIREMENTS = join(__dirname, 'requirements.txt');
const [, VERSION = ''] = /openai==(\S+)/.exec(readFileSync(REQUIREMENTS, 'utf8')) ?? [];
const VENV = join(PROJECT_ROOT, 'test/clients/.work', `openai-python-${VERSION}`);
const PYTHON = join(VENV, 'bin/python');
/**
 * The library declares a closed list of error codes but reads any string. The bridge's own codes are more specific
 * (docs/errors.md).
 */
const OWN_CODE = /^(?:event|response) of .*\berror\.code: Input should be 'server_error', /;

const INSTALL_MS = 240_000;

/** Installs the library; resolves with the reason if that fails. The first time, the network is needed. */
async function install(): Promise<string | undefined> {
  if (existsSync(join(VENV, 'installed'))) return undefined;
  await mkdir(VENV, { recursive: true });
  const created = await runWithInput('python3', ['-m', 'venv', VENV], '', INSTALL_MS);
  if (created.exitCode !== 0) return `needs python3 with venv: ${created.error}`;
  const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS];
  const installed = await runWithInput(PYTHON, args, '', INSTALL_MS);
  if (installed.exitCode === 0) {
    await runWithInput(PYTHON, ['-c', `open(${JSON.stringify(join(VENV, 'installed'))}, 'w')`], '', INSTALL_MS);
    return undefined;
  }
  await rm(VENV, { recursive: true, force: true });
  return `openai ${VERSION} cannot be installed: ${installed.error}`;
}

const validate = (samples: readonly Sample[]) => findProblems(samples, PYTHON, [join(__dirname, 'validate.py')]);

void install().then((reason) => {
  const skip = reason ?? false;

  test(`openai-python ${VERSION} accepts every event and answer`, { skip }, async (context) => {
    const samples = await collectSamples(context);
    assert.ok(samples.length > 2_000, `${samples.length} samples`);
    const problems = (await validate(samples)).filter((line) => !OWN_CODE.test(line));
    assert.deepEqual(problems, [`${samples.length} samples`]);
  });

  test(`openai-python ${VERSION} rejects a missing field, a wrong type, an unknown event`, { skip }, async () => {
    const problems = await validate(WRONG_SAMPLES);
    assert.equal(problems.length, 4);
    const [missingField = '', wrongType = '', unknownEvent = ''] = problems;
    assert.match(missingField, /^response of a: usage\.input_tokens_details\.cache_write_tokens: Field required$/);
    assert.match(wrongType, /^event of b: output_index: /);
    assert.match(unknownEvent, /^event of c: no model for an event 'response\.unheard'$/);
  });
});
