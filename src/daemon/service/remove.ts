/** `service remove`: says how to stop the service, and takes its file away. */
import { readlink, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { EXIT, type CommandIo } from '../../command/command';
import { explainFailure, readIfThere } from '../../command/edit-file';
import { renderSteps } from './install';
import { MARK, type ServiceKind } from './service-kind';

/** Takes where the files lie. Returns 0 when the file is gone, 1 when it is not ours or cannot be removed. */
export async function removeService(kind: ServiceKind, file: string, envFile: string, io: CommandIo): Promise<number> {
  try {
    const old = (await readIfThere(file))?.toString(kind.encoding);
    if (old === undefined) {
      io.out(`There is no service to remove: ${file} does not exist.\n`);
      return EXIT.done;
    }
    if (!old.includes(MARK)) {
      io.error(`Cannot remove ${file}: "service install" did not write it.\n`);
      return EXIT.failed;
    }
    io.out(renderSteps(kind.beforeRemove(file)).slice(1));
    await rm(file);
    const link = kind.findRegistration?.(file);
    if (link !== undefined && (await leadsTo(link, file))) await rm(link);
    const hasVariables = (await readIfThere(envFile)) !== undefined;
    io.out(
      `\nRemoved ${file}\n${hasVariables ? `Left ${envFile} alone: it holds your variables, and may hold your key.\n` : ''}`,
    );
    return EXIT.done;
  } catch (error) {
    io.error(`Cannot remove ${file}: ${explainFailure(error)}.\n`);
    return EXIT.failed;
  }
}

/** `systemctl disable` would refuse to take the link away once the unit is gone (systemd 252). */
async function leadsTo(link: string, file: string): Promise<boolean> {
  const target = await readlink(link).catch(() => undefined);
  return target !== undefined && resolve(dirname(link), target) === file;
}
