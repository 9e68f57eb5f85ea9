/** Who has the port that the bridge wanted, as a sentence. Loaded only when it is taken. */
import { SERVICE_NAME } from '../server/service-routes';
import { probePort, type PortQuestion } from './ask-health';

/** Says whether the process on that port is this bridge, and which one. */
export async function describePortOwner(question: PortQuestion): Promise<string> {
  const state = await probePort(question);
  if (state.kind !== 'bridge') return `It belongs to another program, not to ${SERVICE_NAME}.`;
  const { version = '(unknown version)', pid } = state.health;
  return `${SERVICE_NAME} ${version} already runs there${pid === undefined ? '' : ` (pid ${pid})`}.`;
}
