/** `models`: the model catalog as a table, as GET /models answers it, or as the file that Codex reads. */
import type { ModelCatalog } from '../bridge/models';
import { writeCatalogFile } from '../codex/catalog-file';
import { EXIT, type CommandContext, type CommandIo } from '../command/command';
import { requireConfig } from '../command/load-config';
import { renderModels } from './models-table';
import { NO_MODEL, openCatalog } from '../command/open-catalog';
import { MODELS_FLAGS } from '../command/own-flag-rows';
import { readOwnFlag, type OwnTexts } from '../command/own-flags';

/** Returns 0 when it was shown or written, 1 when the file could not be written, 2 when it was asked in a wrong way. */
export async function run(context: CommandContext): Promise<number> {
  const { own, mistakes, io } = context;
  const wish = readWish(own);
  const resolved = requireConfig({ ...context, mistakes: [...mistakes, ...wish.mistakes] });
  if (typeof resolved === 'number') return resolved;
  const { config } = resolved;
  const { catalog, provider } = openCatalog(config, io);
  if (wish.file !== undefined) return writeFile({ ...wish, file: wish.file }, catalog, io);
  if (wish.json) io.out(`${JSON.stringify((await catalog.list(wish.version)).body)}\n`);
  else io.out(renderModels(await catalog.entries(), provider, config.aiBaseUrl));
  return EXIT.done;
}

interface Wish {
  readonly json: boolean;
  readonly file: string | undefined;
  readonly force: boolean;
  readonly version: string | undefined;
}

function readWish(own: OwnTexts): Wish & { readonly mistakes: readonly string[] } {
  const json = readOwnFlag(MODELS_FLAGS.json, own) ?? false;
  const file = readOwnFlag(MODELS_FLAGS.catalog, own);
  const force = readOwnFlag(MODELS_FLAGS.force, own) ?? false;
  const version = readOwnFlag(MODELS_FLAGS.version, own);
  const mistakes = json && file !== undefined ? ['--json prints and --codex-catalog writes: give one of them.'] : [];
  return { json, file, force, version, mistakes };
}

async function writeFile(
  { file, force, version }: Wish & { readonly file: string }, catalog: ModelCatalog, io: CommandIo,
): Promise<number> {
  const { models } = (await catalog.list(version)).body;
  const [first] = models;
  if (first === undefined) {
    io.error(`Cannot write ${file}: ${NO_MODEL}.\n`);
    return EXIT.failed;
  }
  const written = await writeCatalogFile(file, models, force);
  if (!written.ok) {
    io.error(`Cannot write ${file}: ${written.problem}.\n`);
    return EXIT.failed;
  }
  // JSON strings are TOML strings too: backslashes of Windows paths are escaped.
  io.out(`Wrote ${models.length === 1 ? 'one model' : `${models.length} models`} to ${written.path}

Put these lines into config.toml of Codex, above its first [table]:
  model = ${JSON.stringify(first.slug)}
  model_catalog_json = ${JSON.stringify(written.path)}
`);
  return EXIT.done;
}
