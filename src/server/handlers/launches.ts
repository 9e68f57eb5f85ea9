/** GET /launches: held open by whoever launched a Codex through the bridge, for as long as that Codex runs. */
import type { Handler } from '../http-exchange';
import { SSE_HEADERS } from '../write-sse';
import { writeWhole } from '../write-whole';

/** Answers with a head and a comment at once, and with nothing more; the launch ends when the connection does. */
export const holdLaunch: Handler = ({ request, response, services: { launches, watch } }) => {
  if (request.method === 'HEAD') return writeWhole(response, 200, SSE_HEADERS, '');
  launches.add(response);
  const ended = watch?.launch();
  const { socket } = request;
  const settle = (): void => {
    response.off('close', settle);
    socket.off('close', settle);
    // The end of a socket tells both.
    if (launches.delete(response)) ended?.();
  };
  response.on('close', settle);
  // A pipelined response that waits for its turn has no socket of its own and never emits 'close' (Node 20).
  socket.on('close', settle);
  response.writeHead(200, SSE_HEADERS);
  response.write(': the bridge stays while this is open\n\n');
};
