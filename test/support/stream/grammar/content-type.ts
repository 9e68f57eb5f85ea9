/** T7: the status and content type of an event stream. */
import type { IncomingHttpHeaders } from 'node:http';
import { error, show, type Violation } from './rule';

/** Checks the status and headers of an answer. */
export function checkContentType(reply: {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}): readonly Violation[] {
  const type = reply.headers['content-type'] ?? '';
  const findings = [
    reply.status === 200 ? undefined : error(-1, `the status is ${reply.status}, not 200`),
    type.startsWith('text/event-stream')
      ? undefined
      : error(-1, `the content type is ${show(type)}, not text/event-stream`),
  ];
  return findings.flatMap((finding) => (finding ? [{ rule: 'T7', ...finding }] : []));
}
