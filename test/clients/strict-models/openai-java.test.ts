/** The models of openai-java, with `validate()`, accept every event and answer of the bridge. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { PROJECT_ROOT } from '../../house/source-tree';
import { findProblems, runWithInput } from './run-with-input';
import { collectSamples, WRONG_SAMPLES, type Sample } from './samples';

const POM = join(__dirname, 'pom.xml');
const [, VERSION = ''] = /openai-java-core<\/artifactId>\s*<version>([^<]+)/.exec(readFileSync(POM, 'utf8')) ?? [];
const LIBRARIES = join(PROJECT_ROOT, 'test/clients/.work', `openai-java-${VERSION}`);

const INSTALL_MS = 120_000;

/** Installs the library; resolves with the reason if that fails. The first time, the network is needed. */
async function install(): Promise<string | undefined> {
  const compiler = await runWithInput('javac', ['-version'], '', 20_000);
  if (compiler.exitCode !== 0) return `needs a Java development kit (javac): ${compiler.error}`;
  if (existsSync(join(LIBRARIES, 'installed'))) return undefined;
  await mkdir(LIBRARIES, { recursive: true });
  const args = ['-q', '-B', '-f', POM, 'dependency:copy-dependencies', `-DoutputDirectory=${LIBRARIES}`];
  const { exitCode, output, error } = await runWithInput('mvn', args, '', INSTALL_MS);
  if (exitCode === 0) {
    await writeFile(join(LIBRARIES, 'installed'), '');
    return undefined;
  }
  await rm(LIBRARIES, { recursive: true, force: true });
  return `openai-java ${VERSION} cannot be installed with mvn: ${error || output.split('\n', 1).join('')}`;
}

/**
 * The library declares a closed list of error codes but reads any string. The bridge's own codes are more specific
 * (docs/errors.md). `validate()` stops at its first problem, so the code is replaced to check the rest.
 */
const withKnownCode = (sample: Sample): Sample => JSON.parse(JSON.stringify(sample), (key, value) =>
  key === 'error' && typeof value?.code === 'string' ? { ...value, code: 'server_error' } : value);

/** Java compiles and runs a single file. */
const validate = (samples: readonly Sample[]) =>
  findProblems(samples, 'java', ['-cp', join(LIBRARIES, '*'), join(__dirname, 'Validate.java')]);

void install().then((reason) => {
  const skip = reason ?? false;

  test(`openai-java ${VERSION} accepts every event and answer`, { skip }, async (context) => {
    const samples = await collectSamples(context);
    assert.ok(samples.length > 2_000, `${samples.length} samples`);
    assert.deepEqual(await validate(samples.map(withKnownCode)), [`${samples.length} samples`]);
  });

  test(`openai-java ${VERSION} rejects a missing field, a wrong type, an unknown event`, { skip }, async () => {
    assert.deepEqual(await validate(WRONG_SAMPLES), [
      'response of a: `cache_write_tokens` is not set',
      'event of b: `output_index` is invalid, received 0',
      'event of c: Unknown ResponseStreamEvent',
      '3 samples',
    ]);
  });
});
