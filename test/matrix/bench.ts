/** Runs one cell of the matrix: a bridge with its provider's strict upstream, one turn at a time. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { answer, type CapturedRequest, type Step } from '../support/upstream/scripted-upstream';
import {
  CODEX, doneItems, finalResponse, startBridge, type Loose, type TestBridge,
} from '../support/bridge/test-bridge';
import type { AnswerOptions } from '../support/upstream/steps';
import type { Target } from './targets';

/** Codex streams; an SDK client requests one JSON object. */
export type Form = 'stream' | 'json';

/** A successful turn. */
export interface BenchTurn {
  /** The request body that the provider received. */
  readonly sent: Loose;
  /** The items of the answer. */
  readonly output: readonly Loose[];
  readonly response: Loose;
}

/** The provider's answer; a function receives the body. */
export type Answer = AnswerOptions | ((sent: Loose) => AnswerOptions);

const SDK = { 'user-agent': 'openai-node/6.0.0' };

export class Bench {
  private next: Answer | undefined;

  private constructor(readonly target: Target, readonly form: Form, private readonly bridge: TestBridge) {}

  /** Both servers are stopped at the end of the test. */
  static async open(context: TestContext, target: Target, form: Form): Promise<Bench> {
    const { provider, model } = target;
    const script = ({ body }: CapturedRequest): Step => bench.answerTo(body);
    const bridge = await startBridge(context, {
      provider: provider.name, model, script, settings: { wire: 'chat' },
    });
    const bench: Bench = new Bench(target, form, bridge);
    return bench;
  }

  /** Runs one turn: exactly one request is sent, it is not rejected, and the answer is completed. */
  async ask(body: object, next: Answer = { text: 'Done.' }): Promise<BenchTurn> {
    const { upstream } = this.bridge;
    const before = upstream.requests.length;
    const rejectionsBefore = upstream.rejections.length;
    this.next = next;
    const { output, response } = await this.post(body);
    assert.deepEqual(upstream.rejections.slice(rejectionsBefore), []);
    assert.equal(upstream.requests.length, before + 1, 'one turn is one request');
    assert.equal(response?.status, 'completed', JSON.stringify(response));
    return { sent: upstream.requests[before]?.body, output, response };
  }

  private async post(body: object): Promise<Omit<BenchTurn, 'sent'>> {
    if (this.form === 'stream') {
      const reply = await this.bridge.stream(body, CODEX);
      return { output: doneItems(reply), response: finalResponse(reply) };
    }
    const response = (await this.bridge.json(body, SDK)).json as Loose;
    return { output: response?.output ?? [], response };
  }

  private answerTo(body: Loose): Step {
    assert.ok(this.next, 'the bridge sent two requests');
    const options = typeof this.next === 'function' ? this.next(body) : this.next;
    this.next = undefined;
    return answer({ pieces: 16, ...options });
  }
}
