/** GET /launches: held open by whoever launched a Codex through the bridge, for as long as that Codex runs. */
import type { Handler } from '../exchange';
import { SSE_HEADERS } from '../write-sse';
import { writeWhole } from '../write-whole';

/** Answers with a head and a comment at once, and with nothing more; the launch ends when the connection does. */
export const holdLaunch: Handler = ({ request, response, services: { launches, watch } }) => {
  if (request.method === 'HEAD') return writeWhole(response, 200, SSE_HEADERS, '');
  launches.add(response);
  const ended = watch?.launch();
  response.once('close', () => {
    launches.delete(response);
    ended?.();
  });
  response.writeHead(200, SSE_HEADERS);
  response.write(': the bridge stays while this is open\n\n');
};
