/** A Bridge whose turns a test defines, and which records its calls. */
import type { Bridge, Caller, Turn, TurnKind } from '../../../src/bridge/bridge';
import type { KeptResponses } from '../../../src/state/kept-responses';

export interface FakeCall {
  readonly protocol: TurnKind;
  readonly body: unknown;
  readonly caller: Caller;
}

export interface FakeBridge extends Bridge {
  readonly calls: readonly FakeCall[];
}

export interface FakeBridgeOptions {
  /** Starts a turn. By default it answers `{"ok":true}`, as a stream if the body requests one. */
  readonly start?: (call: FakeCall) => Turn | Promise<Turn>;
  readonly models?: Bridge['models'];
  readonly checkStore?: Bridge['checkStore'];
  /** The kept responses. By default every method returns an empty object. */
  readonly kept?: KeptResponses;
}

const empty = (): object => ({});
const NOTHING_KEPT = new Proxy({}, { get: () => empty }) as KeptResponses;

/** A turn of `frames`, or of one JSON answer when `stream` is false. */
export function fakeTurn(turn: Partial<Turn> = {}): Turn {
  return {
    stream: false,
    notes: [],
    keepAlive: () => ': keepAlive\n\n',
    fail: ({ kind }) => `data: {"failed":"${kind}"}\n\n`,
    frames: () => listFrames(['data: {"ok":true}\n\n', 'data: [DONE]\n\n']),
    collect: async () => ({ status: 200, body: '{"ok":true}' }),
    ...turn,
  };
}

export async function* listFrames(frames: readonly string[]): AsyncGenerator<string> {
  yield* frames;
}

export function createFakeBridge(options: FakeBridgeOptions = {}): FakeBridge {
  const calls: FakeCall[] = [];
  const byDefault = ({ body }: FakeCall): Turn => fakeTurn({ stream: (body as { stream?: boolean }).stream === true });
  const start = async (call: FakeCall): Promise<Turn> => {
    calls.push(call);
    return (options.start ?? byDefault)(call);
  };
  return {
    calls,
    start: (protocol, body, caller) => start({ protocol, body, caller }),
    renderFailedTurn: (error, body) => {
      const seen = body === undefined ? 'none' : JSON.stringify(body);
      const data = JSON.stringify({ kind: error.kind, message: error.message, seen });
      return `event: response.failed\ndata: ${data}\n\ndata: [DONE]\n\n`;
    },
    close: () => undefined,
    checkStore: options.checkStore ?? (() => Promise.resolve()),
    kept: () => options.kept ?? NOTHING_KEPT,
    search: async () => ({ output: 'found' }),
    models: options.models ?? (async () => ({ body: { object: 'list', data: [], models: [] }, etag: '"m1"' })),
  };
}
