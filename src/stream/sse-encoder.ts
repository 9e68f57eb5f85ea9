/** Encodes Responses events as SSE. Spec: `event:` equals `type`, `data` is one JSON object, `[DONE]` comes last. */
import type { ResponsesEvent, ResponsesObject } from '../wire/responses-output';

/** The last line of a stream in both protocols. */
export const SSE_DONE = 'data: [DONE]\n\n';

/** A comment that keeps the connection alive while the provider is silent. */
export const SSE_KEEP_ALIVE = ': keep-alive\n\n';

/** Encodes the events of one response: numbers them from 0, and repeats the echo in every lifecycle event. */
export class SseEncoder {
  private sequence = 0;

  /**
   * @param echo the request fields that every Response object repeats, as text: `,"tools":[…],…` or empty (see
   * encodeEcho)
   */
  constructor(private readonly echo: string) {}

  /** @returns one string for one write */
  encode(events: readonly ResponsesEvent[]): string {
    let text = '';
    let sequence = this.sequence;
    for (const event of events) {
      const head = `{"type":"${event.type}","sequence_number":${sequence}`;
      text += `event: ${event.type}\ndata: ${head}${encodeRest(event, this.echo)}}\n\n`;
      sequence += 1;
    }
    // Count only what was written, in case an event throws.
    this.sequence = sequence;
    return text;
  }
}

/** Serializes a Response object with the echoed request fields added. */
export function encodeResponse(response: ResponsesObject, echo: string): string {
  return `${JSON.stringify(response).slice(0, -1)}${echo}}`;
}

/**
 * Serializes the fields after the head, without the closing brace. Almost all events are deltas, for which a template
 * is several times faster than JSON.stringify (performance.md, section 4).
 */
function encodeRest(event: ResponsesEvent, echo: string): string {
  switch (event.type) {
    case 'response.created':
    case 'response.in_progress':
    case 'response.completed':
    case 'response.incomplete':
    case 'response.failed':
      return `,"response":${encodeResponse(event.response, echo)}`;
    case 'response.output_text.delta':
      return `${encodeDelta(event)},"content_index":${event.content_index},"logprobs":${encodeList(event.logprobs)}`;
    case 'response.reasoning_text.delta':
    case 'response.refusal.delta':
      return `${encodeDelta(event)},"content_index":${event.content_index}`;
    case 'response.reasoning_summary_text.delta':
      return `${encodeDelta(event)},"summary_index":${event.summary_index}`;
    case 'response.function_call_arguments.delta':
    case 'response.custom_tool_call_input.delta':
      return encodeDelta(event);
    default: {
      const { type: _type, ...rest } = event;
      return `,${JSON.stringify(rest).slice(1, -1)}`;
    }
  }
}

function encodeDelta(event: {
  readonly output_index: number;
  readonly item_id: string;
  readonly delta: string;
}): string {
  return `,"output_index":${event.output_index},"item_id":"${event.item_id}","delta":${JSON.stringify(event.delta)}`;
}

const encodeList = (list: readonly unknown[]): string => (list.length === 0 ? '[]' : JSON.stringify(list));

/** Serializes request fields as the tail of a JSON object, once for all lifecycle events of a response. */
export function encodeEcho(echo: object): string {
  const json = JSON.stringify(echo);
  return json === '{}' ? '' : `,${json.slice(1, -1)}`;
}
