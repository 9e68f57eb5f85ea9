/** Checks of the API key: is there one, whose is it, and is it whole. It is never shown. */
import { OPTIONS } from '../../config/options';
import { quoteSecret } from '../../base/quote';
import { isSet } from '../../config/resolve';
import { PROVIDERS } from '../../providers/catalog';
import { resolveKey } from '../../providers/keys';
import { adviseOnMissingKey } from '../../command/missing-key';
import { renderOrigin } from '../../command/start-up-line';
import { withSetup, type Check } from '../check';
import type { Examination, Setup } from '../examination';
import { failure, ok, warning, type Finding } from '../finding';

function checkPresence(setup: Setup, { env }: Examination): Finding {
  const { config, origins, provider } = setup;
  if (config.aiApiKey !== undefined) {
    const unused = provider.keyEnv.filter((name) => isSet(env[name]) && env[name]?.trim() !== config.aiApiKey);
    const rest = unused.length === 0 ? '' : `; it beats ${unused.join(' and ')}`;
    return ok(`set${renderOrigin(origins.aiApiKey)}${rest}`);
  }
  if (!config.forceEnvAuth) return ok('none: the key of each request is passed on');
  const advice = adviseOnMissingKey({ ok: true, ...setup });
  if (advice === undefined) return ok(`none, and ${provider.title} needs none`);
  return failure(`missing for ${provider.title}`, [advice, ...hintAtOthers(setup, env)].join(' '));
}

/** A key that is set for another provider is a hint at what the user meant. */
function hintAtOthers({ provider }: Setup, env: Examination['env']): readonly string[] {
  return PROVIDERS.filter((other) => other !== provider).flatMap((other) => {
    const found = resolveKey(other, env);
    return found ? [`${found.variable} is set: ${OPTIONS.provider.env[0]}=${other.name} uses it.`] : [];
  });
}

interface GivenKey {
  readonly text: string;
  readonly name: string;
}

interface Form {
  readonly says: RegExp;
  readonly level: typeof failure;
  readonly seen: string;
  readonly fix: string;
  /** Only of providers whose keys are known to be different: a server of one's own takes any. */
  readonly known?: true;
}

/** What happens to keys on their way from a web page into a variable. The first form that fits is told. */
const FORMS: readonly Form[] = [
  {
    says: /^(export\s+)?\w*(API_KEY|TOKEN)\s*=/i, level: failure,
    seen: 'holds its own name', fix: 'Give the key alone, without the name and the equals sign.',
  },
  {
    says: /^(authorization:\s*)?bearer\b/i, level: failure,
    seen: 'begins with "Bearer"', fix: 'Leave the word out: the bridge puts it there.',
  },
  {
    says: /^["'`\u2018-\u201f]|["'`\u2018-\u201f]$/, level: failure,
    seen: 'has quotes around it', fix: 'Leave the quotes out: they have become a part of it.',
  },
  {
    says: /^(sk-)?(\.{2,}|…|x{4,}|\*{3,})|your[-_ ]|<.*>|^api[-_ ]?key$/i, level: failure, known: true,
    seen: 'is the placeholder of an example', fix: 'Put your own key in its place.',
  },
  { says: /\s/, level: failure, seen: 'has spaces or line ends in it', fix: 'Copy it again, on one line.' },
  {
    says: /[^\x21-\x7e]/, level: failure,
    seen: 'has characters that no key has, perhaps invisible ones', fix: 'Copy it again as plain text.',
  },
  {
    says: /^.{1,15}$/, level: warning, known: true,
    seen: 'is shorter than keys are', fix: 'Copy it again, it may be cut.',
  },
];

function checkForm(examination: Examination): Finding {
  const given = findKey(examination);
  if (given === undefined) return ok('there is none to look at');
  const { setup, env } = examination;
  const text = given.text.trim();
  const isKnown = setup !== undefined && setup.provider.baseUrls.length > 0 && setup.provider.local === undefined;
  const form = FORMS.find(({ says, known }) => says.test(text) && (isKnown || known === undefined));
  const seen = `${given.name}, ${quoteSecret(text)}`;
  if (form) return form.level(`${seen}, ${form.seen}`, form.fix);
  if (!setup) return ok(seen);
  const { keyShape, title, docs } = setup.provider;
  if (keyShape && !keyShape.pattern.test(text)) {
    return warning(`${seen}, does not look like a key for ${title}`, `${keyShape.advice} See ${docs}`);
  }
  const isForeign = text === env['OPENAI_API_KEY']?.trim() && !setup.provider.keyEnv.includes('OPENAI_API_KEY');
  if (isForeign) {
    return warning(
      `${seen}, is the same as OPENAI_API_KEY`,
      `A key of OpenAI does not work at ${new URL(setup.config.aiBaseUrl).host}, and should not be sent there.`,
    );
  }
  return ok(keyShape ? `${seen}, has the form of a key for ${title}` : seen);
}

/** The text as it was given: the options refuse what no header can carry. */
function findKey({ flags, env, setup }: Examination): GivenKey | undefined {
  const [flag] = OPTIONS.aiApiKey.flags;
  const given: readonly (readonly [string, string | undefined])[] = [
    [flag, flags.aiApiKey],
    ...[...OPTIONS.aiApiKey.env, ...(setup?.provider.keyEnv ?? [])].map((name) => [name, env[name]] as const),
  ];
  const found = given.find(([, text]) => isSet(text));
  return found?.[1] === undefined ? undefined : { name: found[0], text: found[1] };
}

/** The rows of the key. */
export const KEY_CHECKS: readonly Check[] = [
  { id: 'key', title: 'Key', needs: 'nothing', run: withSetup(checkPresence) },
  { id: 'key-form', title: 'Form of the key', needs: 'nothing', run: checkForm },
];
