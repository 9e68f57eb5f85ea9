/** `demo`: runs a bridge in front of a simulated model and shows one tool round, without a key or network access. */
import { messageOf } from '../base/thrown';
import type { Bridge } from '../bridge/bridge';
import { createBridge } from '../bridge/create-bridge';
import { EXIT, reportUsageErrors, type CommandContext, type CommandIo } from '../command/command';
import { renderUrl } from '../command/render';
import { createTerminalStyle, type TerminalStyle } from '../command/terminal-style';
import { readVersion } from '../command/version';
import { OPTIONS, OPTION_NAMES, type Config } from '../config/options';
import { resolveConfig, type Environment } from '../config/resolve';
import { createLogger, type Logger } from '../observe/log';
import { createBridgeServer } from '../server/create-server';
import { runConversation } from './conversation';
import { createLiveView } from './live-view';
import { DEMO_KEY, DEMO_MODEL, DEMO_PROVIDER, startSimulatedModel } from './simulated-model';

/** Short enough for a quick demo, long enough to see the text stream. */
const PAUSE_MS = 12;

const LIMIT_MS = 10_000;

export interface DemoOptions {
  readonly io: CommandIo;
  readonly env: Environment;
  readonly version: string;
  /** How long the simulated model waits before each chunk. */
  readonly pauseMs: number;
  /** Time limit of one response. */
  readonly limitMs: number;
  /** Creates the bridge; a test passes a broken one. */
  readonly buildBridge?: (config: Config, log: Logger) => Bridge;
}

/** Returns 0 if the turn was completed, 1 if it was not, 2 for invalid usage. */
export async function run({ flags, errors, env, io }: CommandContext): Promise<number> {
  const given = OPTION_NAMES.filter((name) => flags[name] !== undefined);
  const unwanted = given.map((name) => `The demo takes no options: remove ${OPTIONS[name].flags[0]}.`);
  if (errors.length + unwanted.length > 0) return reportUsageErrors([...errors, ...unwanted], io);
  try {
    return await runDemo({ io, env, version: readVersion(), pauseMs: PAUSE_MS, limitMs: LIMIT_MS });
  } catch (error) {
    io.error(`Cannot run the demo: ${messageOf(error).replace(/\.$/, '')}.\n`);
    return EXIT.failed;
  }
}

/** Runs the demo. Returns 0 if the turn was completed, otherwise 1. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const { io, version, env, pauseMs, limitMs, buildBridge = createBridge } = options;
  const style = createTerminalStyle(io.isTerminal?.() ?? false, env);
  const write = (text: string): void => io.out(text);
  const logged: string[] = [];
  const model = await startSimulatedModel(pauseMs);
  const config = createConfig(model.baseUrl, limitMs);
  const log = createLogger({ level: 'warn', format: 'text', write: (line) => logged.push(line), secrets: [DEMO_KEY] });
  const server = createBridgeServer({ config, version, log, bridge: () => buildBridge(config, log) });
  try {
    const baseUrl = `${renderUrl(await server.listen())}/v1`;
    write(`${style.paint('bold', `aliyun-codex-bridge ${version}: demo without a key or network access`)}
  model      ${model.baseUrl}, simulates ${DEMO_MODEL}
  bridge     ${baseUrl}, what Codex would connect to
`);
    const isCompleted = await runConversation({ baseUrl, limitMs }, createLiveView(write, style));
    write(isCompleted ? renderNextSteps(style) : renderFailure(logged, style));
    return isCompleted ? EXIT.done : EXIT.failed;
  } finally {
    await server.close();
    await model.close();
  }
}

/** Uses the defaults instead of the user's settings, so that the demo always works and stays on this machine. */
function createConfig(aiBaseUrl: string, limitMs: number): Config {
  const limit = String(limitMs);
  const provider = DEMO_PROVIDER === undefined ? {} : { provider: DEMO_PROVIDER.name };
  const limits = { drainTimeoutMs: '200', upstreamFirstByteTimeoutMs: limit, upstreamIdleTimeoutMs: limit };
  const resolved = resolveConfig({ port: '0', aiBaseUrl, ...provider, aiApiKey: DEMO_KEY, ...limits }, {});
  if (resolved.ok) return resolved.config;
  throw new Error(resolved.errors.join(' '));
}

/** Renders the next steps: the shortest way to a first turn with a real model. On Windows, for PowerShell. */
export function renderNextSteps(style: TerminalStyle, platform: NodeJS.Platform = process.platform): string {
  const setKey = platform === 'win32' ? "$env:AI_API_KEY = 'sk-...'" : 'export AI_API_KEY=sk-...';
  const verdict = style.paint('green', `${style.pass} The turn was completed.`);
  return `
${verdict} ${style.paint('bold', 'Next, with a real model and Codex:')}

  ${setKey}
  aliyun-codex-bridge codex

Use a key for ${DEMO_PROVIDER?.title ?? 'your provider'}. For another provider, add
--provider NAME or --ai-base-url URL; aliyun-codex-bridge help lists them.
In a clone, the program is: node bin/aliyun-codex-bridge.js
`;
}

function renderFailure(logged: readonly string[], style: TerminalStyle): string {
  const verdict = style.paint('red', `${style.fail} The turn was not completed.`);
  const head = `\n${verdict} Please report this with all of the output.\n`;
  const lines = logged.flatMap((text) => text.trimEnd().split('\n')).map((line) => `  ${style.spell(line)}\n`);
  return lines.length === 0 ? head : `${head}\nThe bridge logged:\n${lines.join('')}`;
}
