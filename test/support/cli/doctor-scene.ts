/** Sets up an environment for `doctor`: a home, a fake Codex, a free port, and a scripted upstream. */
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ALL_CHECKS } from '../../../src/doctor/checks';
import { createExamination, type DoctorRuntime } from '../../../src/doctor/examination';
import type { Finding } from '../../../src/doctor/check';
import { run } from '../../../src/cli/main';
import { TOOL_NAME } from '../../../src/doctor/trial';
import { createFakeIo } from './fake-io';
import {
  answer,
  startScriptedUpstream,
  type ScriptedUpstream,
  type ScriptedUpstreamOptions,
  type Step,
} from '../upstream/scripted-upstream';
import { findFreePort } from '../free-port';

export const KEY = 'sk-test-doctor-key-0123456789';

type Environment = Readonly<Record<string, string>>;

/** What `doctor --json` prints for one check. */
export interface PrintedCheck {
  readonly id: string;
  readonly group: string;
  readonly level: string;
  readonly seen: string;
  readonly fix?: string;
  readonly ms: number;
}

export interface Printed {
  readonly ok: boolean;
  readonly version: string;
  readonly requests: number;
  readonly checks: readonly PrintedCheck[];
}

export interface DoctorScene {
  readonly home: string;
  readonly codexHome: string;
  readonly state: string;
  readonly bin: string;
  /** A free port. */
  readonly port: number;
  /** Variables of a correct configuration. */
  readonly env: Environment;
  /** Runs the command; `more` overrides the environment of the scene. */
  doctor(
    args?: readonly string[],
    more?: Environment,
  ): Promise<{ readonly code: number; readonly out: string; readonly error: string }>;
  /** Runs the command with `--json` and parses its output. */
  examine(args?: readonly string[], more?: Environment): Promise<Printed>;
  /** Runs one check alone. */
  check(id: string, more?: Environment, runtime?: Partial<DoctorRuntime>): Promise<Finding>;
  writeConfig(toml: string): Promise<void>;
  /** Puts a fake Codex on the PATH. It prints `version`; asked for its models, it fails with `modelsError` if set. */
  installCodex(version?: string, modelsError?: string): Promise<void>;
}

/** Creates the environment and removes it after the test. */
export async function createDoctorScene(context: TestContext): Promise<DoctorScene> {
  const home = await mkdtemp(join(tmpdir(), 'doctor-'));
  context.after(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));
  const [codexHome, state, bin] = [join(home, '.codex'), join(home, 'state'), join(home, 'bin')];
  for (const folder of [codexHome, bin]) await mkdir(folder);
  const port = await findFreePort();
  const env = {
    PATH: bin, HOME: home, CODEX_HOME: codexHome, BRIDGE_STATE_DIR: state, PORT: String(port), LANG: 'C.UTF-8',
    AI_API_BASE: 'http://127.0.0.1:9/v1', AI_API_KEY: KEY, DEFAULT_MODEL: 'scripted-model',
  };
  const doctor: DoctorScene['doctor'] = async (args = [], more = {}) => {
    const io = createFakeIo();
    const code = await run(['doctor', ...args], { ...env, ...more }, io);
    return { code, ...io.written };
  };
  return {
    home, codexHome, state, bin, port, env, doctor,
    async examine(args = [], more = {}) {
      const { out, error } = await doctor(['--json', ...args], more);
      assert.equal(error, '');
      return JSON.parse(out) as Printed;
    },
    async check(id, more = {}, runtime = {}) {
      const check = ALL_CHECKS.find((row) => row.id === id);
      assert.ok(check, id);
      return check.run(
        createExamination({ flags: {}, env: { ...env, ...more }, codexName: 'codex', version: '1.2.3', runtime }),
      );
    },
    writeConfig: (toml) => writeFile(join(codexHome, 'config.toml'), toml),
    async installCodex(version = 'codex-cli 0.171.0', modelsError?: string) {
      const path = join(bin, 'codex');
      await writeFile(
        path,
        `#!${process.execPath}
if (process.argv[2] === '--version') console.log(${JSON.stringify(version)});
else if (${modelsError === undefined}) console.log('{"models":[]}');
else { console.error(${JSON.stringify(modelsError ?? '')}); process.exit(1); }
`,
      );
      await chmod(path, 0o755);
    },
  };
}

/** Returns the check with this id; fails if there is none. */
export function findPrinted({ checks }: Printed, id: string): PrintedCheck {
  const found = checks.find((check) => check.id === id);
  assert.ok(found, id);
  return found;
}

/** The answer of a model that follows the instructions. */
export const goodAnswer = (more: Parameters<typeof answer>[0] = {}): Step =>
  answer({
    reasoning: 'They want the word.',
    toolCalls: [{ name: TOOL_NAME, arguments: { word: 'bridge' } }],
    usage: { prompt: 90, completion: 30, reasoning: 12 },
    ...more,
  });

/** Starts an upstream that is closed after the test. */
export async function startUpstream(context: TestContext, options: ScriptedUpstreamOptions): Promise<ScriptedUpstream> {
  const upstream = await startScriptedUpstream({ dialect: 'openai', ...options });
  context.after(() => upstream.close());
  return upstream;
}

/** The config.toml of the README for the bridge on `port`; `more` are lines of its table, `root` top-level lines. */
export const bridgeToml = (
  port: number,
  more = '',
  root = 'model = "scripted-model"',
): string => `model_provider = "aliyun"
${root}

[model_providers.aliyun]
name = "Aliyun Codex bridge"
base_url = "http://127.0.0.1:${port}/v1"
wire_api = "responses"
${more}
`;
