/** Calls the provider until an answer begins. What follows a failed call is in after-failure.ts. */
import { toBridgeError } from '../errors/bridge-error';
import { hideKey } from '../errors/classify';
import { REQUEST_ID_HEADERS } from '../providers/catalog';
import type { UpstreamAnswer } from '../upstream/transport';
import type { CallState, Question } from './after-failure';
import { toCountedRequest, type Endpoint } from './prepare';
import { readOutputs, type Answer } from './stream-turn';

/** Returns the answer once it has begun, or is complete if buffered. @throws BridgeError if retrying will not help */
export async function askUpstream<Output>(question: Question<Output>): Promise<Answer<Output>> {
  const { prepared: { endpoint, chat }, caller, context: { failures } } = question;
  const state: CallState = { chat: failures.memory?.repairs.apply(endpoint.host, chat) ?? chat, calls: 0 };
  for (;;) {
    try {
      const answer = await attempt(question, state);
      state.repairs?.succeed();
      return answer;
    } catch (cause) {
      const error = toBridgeError(cause);
      if (caller.abort.aborted) throw error;
      await loadAfterFailure().prepareNextCall(error, question, state);
    }
  }
}

/** Loaded at the first failure. */
export const loadAfterFailure = (): typeof import('./after-failure') => require('./after-failure');

/** Makes one call and reads until there is output, or to the end if buffered. @throws BridgeError an earlier failure */
async function attempt<Output>(question: Question<Output>, state: CallState): Promise<Answer<Output>> {
  const { prepared, caller: { record }, context, createStream, isBuffered } = question;
  const upstream = await call(question, state);
  const stream = createStream(prepared);
  record?.follow(stream.assembler, findRequestId(upstream, prepared.endpoint), stream);
  const outputs: Output[] = [];
  for (let isFirst = true; !stream.assembler.finished && (outputs.length === 0 || isBuffered); isFirst = false) {
    outputs.push(...(await readOutputs(upstream, stream, isFirst, context.tap)));
    if (stream.assembler.begun || (outputs.length > 0 && stream.assembler.error === undefined)) record?.begin();
  }
  if (stream.assembler.finished) upstream.cancel(stream.assembler.error === undefined);
  if (stream.assembler.error) throw stream.assembler.error;
  return { upstream, stream, outputs, notes: prepared.notes };
}

/** Sends the request, unless it was just rejected. @throws BridgeError for a rejection, a redirect, or no response */
async function call(question: Question<unknown>, state: CallState): Promise<UpstreamAnswer> {
  const { prepared, caller, context } = question;
  const { url, headers, connection } = prepared.endpoint;
  // A retry sends the same bytes: rendering again would keep several multi-megabyte copies in memory.
  const body = (state.body ??= await context.serializer.serialize(prepared.render(state.chat)));
  const cached = context.failures.memory?.rejections.find({ url, headers, body });
  if (cached) {
    caller.record?.remember();
    throw cached;
  }
  const onEnd = await countInFlight(question);
  state.calls += 1;
  caller.record?.call();
  const { name } = prepared.endpoint;
  const request = { url, headers, body, abort: caller.abort, name, onEnd, ...(connection && { connection }) };
  const answer = await context.runtime.transport(request);
  if (answer.status >= 200 && answer.status < 300) return answer;
  const requestId = findRequestId(answer, prepared.endpoint);
  throw await loadAfterFailure().readFailure(answer, requestId, prepared.endpoint, context, body);
}

/** Counts the request as in flight, once its provider's limit allows it. @returns a function to call when it ends */
async function countInFlight({ prepared: { endpoint }, caller, context: { traffic }, onQueued }: Question<unknown>) {
  const { counts } = traffic;
  const { provider } = endpoint;
  const request = toCountedRequest(endpoint, caller);
  const limits = endpoint.maxConcurrency === undefined ? traffic.limits : traffic.loadLimits();
  if (limits) {
    const admission = limits.enter(request, caller.abort);
    if (admission) onQueued?.();
    await admission;
  } else counts.set(provider, (counts.get(provider) ?? 0) + 1);
  return (): void => {
    if (traffic.limits) traffic.limits.leave(request);
    else counts.set(provider, (counts.get(provider) ?? 1) - 1);
  };
}

/** Returns the id that the provider's support asks for, if a header contains it. */
function findRequestId(answer: UpstreamAnswer, endpoint: Endpoint): string | undefined {
  for (const name of REQUEST_ID_HEADERS) {
    const id = answer.header(name);
    if (id !== undefined) return hideKey(id, endpoint.source());
  }
  return undefined;
}
