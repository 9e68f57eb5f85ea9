/** The story of the demo: start a simulated model and the bridge, hold the conversation, show it, judge it. */
import type { Bridge } from '../bridge/bridge';
import { createBridge } from '../bridge/create-bridge';
import type { Config } from '../config/options';
import { resolveConfig, type Environment } from '../config/resolve';
import { createLogger, type Logger } from '../observe/log';
import { createBridgeServer } from '../server/create-server';
import { EXIT, type CommandIo } from '../command/command';
import { renderUrl } from '../command/start-up-line';
import { checkDemo, isRight } from './checks';
import { converse } from './conversation';
import { createLiveView } from './live-view';
import { createTerminalStyle, type TerminalStyle } from '../command/terminal-style';
import { renderNextSteps } from './next-steps';
import { renderChecks, renderNumbers } from './report';
import { DEMO_KEY, DEMO_MODEL, DEMO_PROVIDER, PROMPT } from './script';
import { startSimulatedModel, type SimulatedModel } from './simulated-model';

export interface DemoOptions {
  readonly io: CommandIo;
  readonly env: Environment;
  readonly version: string;
  /** How long the simulated model waits before each word. */
  readonly pauseMs: number;
  /** How long one answer may take. */
  readonly limitMs: number;
  /** Builds the bridge; a test hands in a broken one. */
  readonly buildBridge?: (config: Config, log: Logger) => Bridge;
}

/** Returns 0 when every step was right, 1 otherwise. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const look = createTerminalStyle(options.io.isTerminal?.() ?? false, options.env);
  const model = await startSimulatedModel(options.pauseMs);
  try {
    return await runWithModel(model, look, options);
  } finally {
    await model.close();
  }
}

async function runWithModel(model: SimulatedModel, look: TerminalStyle, options: DemoOptions): Promise<number> {
  const { io, version, pauseMs, limitMs, buildBridge = createBridge } = options;
  const write = (text: string): void => io.out(text);
  const logged: string[] = [];
  const config = configure(model.baseUrl, limitMs);
  const log = createLogger({ level: 'warn', format: 'text', write: (line) => logged.push(line), secrets: [DEMO_KEY] });
  const server = createBridgeServer({ config, version, log, bridge: buildBridge(config, log) });
  const address = await server.listen();
  try {
    const baseUrl = `${renderUrl(address)}/v1`;
    write(renderStart({ version, modelUrl: model.baseUrl, baseUrl }, look));
    const rounds = await converse({ baseUrl, limitMs }, createLiveView(write, look));
    const checks = checkDemo(model.exchanges, rounds);
    const wrong = checks.filter((check) => !isRight(check)).length;
    write(renderNumbers(rounds, pauseMs, look));
    write(renderChecks(checks, look));
    if (wrong > 0) {
      write(renderDefeat(wrong, checks.length, logged, look));
      return EXIT.failed;
    }
    write(`\n  ${look.paint('green', `All ${checks.length} checks are right.`)}\n${renderNextSteps(look)}`);
    return EXIT.done;
  } finally {
    await server.close();
  }
}

/** The defaults, not the user's settings: the demo must work, and stay on this machine, whatever they are. */
function configure(aiBaseUrl: string, limitMs: number): Config {
  const limit = String(limitMs);
  const provider = DEMO_PROVIDER === undefined ? {} : { provider: DEMO_PROVIDER.name };
  const limits = { drainTimeoutMs: '200', upstreamFirstByteTimeoutMs: limit, upstreamIdleTimeoutMs: limit };
  const resolved = resolveConfig({ port: '0', aiBaseUrl, ...provider, aiApiKey: DEMO_KEY, ...limits }, {});
  if (resolved.ok) return resolved.config;
  throw new Error(resolved.mistakes.join(' '));
}

function renderStart(urls: { version: string; modelUrl: string; baseUrl: string }, look: TerminalStyle): string {
  return `${look.paint('bold', `aliyun-codex-bridge ${urls.version}, a demo without key and network`)}
  model      ${urls.modelUrl}, simulated ${DEMO_MODEL}
  bridge     ${urls.baseUrl}, as Codex sees it
  question   ${PROMPT}
`;
}

function renderDefeat(wrong: number, count: number, logged: readonly string[], look: TerminalStyle): string {
  const verdict = look.paint('red', `${wrong} of ${count} checks are wrong.`);
  const head = `\n  ${verdict} Please report this with all of the output.\n`;
  const lines = logged.flatMap((text) => text.trimEnd().split('\n')).map((line) => `  ${look.spell(line)}\n`);
  return lines.length === 0 ? head : `${head}\nThe bridge logged:\n${lines.join('')}`;
}
