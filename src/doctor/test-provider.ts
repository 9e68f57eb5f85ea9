/** `providers test NAME`: runs doctor's checks of one provider, including a turn that costs a request. */
import type { CommandContext } from '../command/command';
import { CHECKS } from './checks';
import { run } from './doctor-command';

/** Runs the checks of the options, the key, the network and the provider. Returns doctor's exit code. */
export const testProvider = (context: CommandContext): Promise<number> =>
  run({ ...context, own: {} }, [...CHECKS.configuration, ...CHECKS.key, ...CHECKS.network, ...CHECKS.upstream]);
