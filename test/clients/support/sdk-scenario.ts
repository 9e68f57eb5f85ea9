/**
 * A scenario of an SDK: the real library in this process, the built bridge and a scripted upstream, for each upstream
 * dialect. The library only gets the bridge's base URL, a key, and a recording `fetch`.
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import {
  startScriptedUpstream,
  type CapturedRequest,
  type ScriptedUpstream,
  type ScriptedUpstreamOptions,
  type UpstreamDialect,
} from '../../support/upstream/scripted-upstream';
import { assertGoodStream } from '../../support/stream/stream-grammar';
import { startBridge } from './bridge-process';
import { listenForWarnings } from './warnings';
import { createWorkFolder, type WorkFolder } from './work-folder';

/** A thinking model for each dialect, and its provider, which is the default one for `openai`. */
const SETUPS: Readonly<
  Record<UpstreamDialect, { readonly model: string; readonly env: Readonly<Record<string, string>> }>
> = {
  dashscope: { model: 'glm-4.7', env: { AI_PROVIDER: 'aliyun-coding' } },
  openai: { model: 'scripted-model', env: {} },
};

/** The key that the upstream accepts; the bridge has it, and the SDK has a different one. */
const UPSTREAM_KEY = 'sk-test-upstream';
export const CLIENT_KEY = 'sk-test-client';

export interface SdkScenarioOptions extends Omit<ScriptedUpstreamOptions, 'dialect' | 'apiKey'> {
  /** Bridge options as environment variables, which override those of the dialect. */
  readonly bridgeEnv?: Readonly<Record<string, string>>;
  /** Expected lines on the console; any other line fails the scenario. */
  readonly warnings?: readonly RegExp[];
}

/** One HTTP exchange between the SDK and the bridge. */
export interface Exchange {
  readonly path: string;
  readonly status: number;
  readonly headers: Headers;
  /** The complete body; `undefined` if the SDK aborted it. */
  readonly text: Promise<string | undefined>;
}

export interface SdkScenario {
  readonly dialect: UpstreamDialect;
  readonly model: string;
  /** The base URL for the SDK, ending in `/v1`. */
  readonly baseURL: string;
  readonly apiKey: string;
  /** The global `fetch`, with recording. */
  readonly fetch: typeof fetch;
  readonly upstream: ScriptedUpstream;
  readonly folder: WorkFolder;
  /** Everything that went through `fetch`, in order. */
  readonly exchanges: readonly Exchange[];
  /** The bodies that reached the upstream, in order. */
  bodies(): readonly CapturedRequest['body'][];
}

/**
 * Declares a test for each dialect. Afterwards the script must be used up, no request may have been rejected, each
 * upstream request must carry the bridge's key, every stream that was read to its end must follow the grammar of the
 * protocol, there must be no warnings, and the bridge must exit cleanly.
 */
export function sdkScenario(
  name: string,
  options: SdkScenarioOptions,
  body: (scenario: SdkScenario) => Promise<void>,
): void {
  for (const dialect of ['dashscope', 'openai'] as const) {
    test(`${name} (${dialect})`, { timeout: 60_000 }, (context) => runScenario(context, dialect, options, body));
  }
}

async function runScenario(
  context: TestContext,
  dialect: UpstreamDialect,
  options: SdkScenarioOptions,
  body: (scenario: SdkScenario) => Promise<void>,
): Promise<void> {
  const folder = await createWorkFolder();
  const upstream = await startScriptedUpstream({ ...options, dialect, apiKey: UPSTREAM_KEY });
  const { model, env } = SETUPS[dialect];
  const bridgeEnv = { AI_API_KEY: UPSTREAM_KEY, ...env, ...options.bridgeEnv };
  const bridge = await startBridge({ upstreamUrl: upstream.url, folder: folder.root, env: bridgeEnv });
  const exchanges: Exchange[] = [];
  const listener = listenForWarnings();
  try {
    await body({
      dialect,
      model,
      upstream,
      folder,
      exchanges,
      baseURL: bridge.url,
      apiKey: CLIENT_KEY,
      fetch: recordingFetch(exchanges),
      bodies: () => upstream.requests.map((request) => request.body),
    });
    assertUpstream(upstream);
    await assertStreams(exchanges);
    const unexpected = listener.warnings().filter((line) => !options.warnings?.some((pattern) => pattern.test(line)));
    assert.deepEqual(unexpected, [], 'warnings');
    assert.equal(await bridge.stop(), 0, 'exit code of the bridge');
  } catch (error) {
    context.diagnostic(`The upstream got ${JSON.stringify(upstream.requests.map((request) => request.body))}`);
    context.diagnostic(`and rejected: ${upstream.rejections.join('\n')}`);
    context.diagnostic(`The bridge wrote:\n${bridge.log()}`);
    throw error;
  } finally {
    listener.stop();
    await bridge.stop();
    await upstream.close();
    await folder.dispose({ bodies: upstream.requests.map((request) => request.body), log: bridge.log() });
  }
}

function recordingFetch(exchanges: Exchange[]): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const { status, headers } = response;
    const text = response.clone().text().catch(() => undefined);
    exchanges.push({ path: new URL(response.url).pathname, status, headers, text });
    return response;
  };
}

function assertUpstream(upstream: ScriptedUpstream): void {
  upstream.assertClean();
  for (const { path, headers } of upstream.requests) {
    assert.equal(path, '/v1/chat/completions');
    assert.equal(headers.authorization, `Bearer ${UPSTREAM_KEY}`);
  }
}

async function assertStreams(exchanges: readonly Exchange[]): Promise<void> {
  for (const { headers, path, text } of exchanges) {
    if (!path.endsWith('/responses') || !(headers.get('content-type') ?? '').startsWith('text/event-stream')) continue;
    const body = await text;
    if (body?.endsWith('data: [DONE]\n\n')) assertGoodStream(body, { fullResponse: true });
  }
}
