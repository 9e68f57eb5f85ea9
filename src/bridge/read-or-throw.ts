/** From the edge readers' mistakes to the error that clients are told. */
import { BridgeError } from '../errors/bridge-error';
import { UnreadableField } from '../wire/read-fields';

/** @throws BridgeError `invalid_request` with the path of the field, where `read` throws UnreadableField */
export function readOrThrow<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof UnreadableField)) throw cause;
    throw new BridgeError('invalid_request', cause.message, cause.path === '' ? {} : { param: cause.path });
  }
}
