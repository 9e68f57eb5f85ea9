/** Responses events to SSE text. Spec: `event:` equals `type`, `data` is one JSON object, `[DONE]` ends the stream. */
import type { ResponsesEvent } from '../wire/responses-events';
import type { ResponsesObject } from '../wire/responses-object';

/** The last line of a stream in both protocols. */
export const SSE_DONE = 'data: [DONE]\n\n';

/**
 * @param events what one upstream read became
 * @param echo the request fields every Response object repeats, as text: `,"tools":[…],…` or empty
 * @returns one string for one write
 */
export function encodeEvents(events: readonly ResponsesEvent[], echo: string): string {
  let text = '';
  for (const event of events) text += `event: ${event.type}\ndata: ${encodeEvent(event, echo)}\n\n`;
  return text;
}

/** The JSON of a Response object with the echoed request fields added. */
export function encodeResponse(response: ResponsesObject, echo: string): string {
  return `${JSON.stringify(response).slice(0, -1)}${echo}}`;
}

function encodeEvent(event: ResponsesEvent, echo: string): string {
  switch (event.type) {
    case 'response.created':
    case 'response.in_progress':
    case 'response.completed':
    case 'response.incomplete':
    case 'response.failed':
      return `{"type":"${event.type}","sequence_number":${event.sequence_number},"response":${encodeResponse(event.response, echo)}}`;
    default:
      return JSON.stringify(event);
  }
}

/** Request fields as the tail of a JSON object, serialised once for all lifecycle events of a response. */
export function encodeEcho(echo: object): string {
  const json = JSON.stringify(echo);
  return json === '{}' ? '' : `,${json.slice(1, -1)}`;
}
