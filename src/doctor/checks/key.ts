/** Checks the API key: whether it is set, which provider it is for, and its format. Shows only its beginning. */
import { adviseOnMissingKey } from '../../command/api-key';
import { renderOrigin } from '../../command/render';
import { OPTIONS } from '../../config/options';
import { isSet } from '../../config/resolve';
import { quoteSecret } from '../../base/quote';
import { PROVIDERS } from '../../providers/catalog';
import type { ProviderKey } from '../../providers/provider';
import { readNumberedKeys, resolveKey, resolveKeys } from '../../providers/keys';
import { failure, ok, warning, withSettings, type Check, type Finding } from '../check';
import type { DoctorSettings, Examination } from '../examination';

function checkPresence(settings: DoctorSettings, { env }: Examination): Finding {
  const { config, origins, provider } = settings;
  if (config.aiApiKey !== undefined) {
    const unused = provider.keyEnv.filter((name) => isSet(env[name]) && env[name]?.trim() !== config.aiApiKey);
    const rest = unused.length === 0 ? '' : `; overrides ${unused.join(' and ')}`;
    return ok(`set${renderOrigin(origins.aiApiKey)}${rest}`);
  }
  if (!config.forceEnvAuth) return ok('none: the key of each request is forwarded');
  const advice = adviseOnMissingKey(config, env);
  if (advice === undefined) return ok(`none; ${provider.title} needs none`);
  return failure(`none for ${provider.title}`, [...suggestProviders(settings, env), advice].join(' '));
}

/** Suggests each other provider whose key is set: the user may have meant that one. */
function suggestProviders({ provider }: DoctorSettings, env: Examination['env']): readonly string[] {
  return PROVIDERS.filter((other) => other !== provider).flatMap((other) => {
    const found = resolveKey(other, env);
    return found ? [`${found.variable} is set: use it with ${OPTIONS.provider.env[0]}=${other.name}.`] : [];
  });
}

interface KeyFlaw {
  readonly pattern: RegExp;
  readonly report: typeof failure;
  readonly seen: string;
  readonly fix: string;
  /** Not for a server of the user's own, which may accept any key. */
  readonly hostedOnly?: true;
}

/** Common copy-and-paste damage to keys. The first match is reported. */
const KEY_FLAWS: readonly KeyFlaw[] = [
  {
    pattern: /^(export\s+)?\w*(API_KEY|TOKEN)\s*=/i, report: failure,
    seen: 'contains its own name', fix: 'Set only the key, without the name and the equals sign.',
  },
  {
    pattern: /^(authorization:\s*)?bearer\b/i, report: failure,
    seen: 'begins with "Bearer"', fix: 'Remove that word: the bridge adds it.',
  },
  {
    pattern: /^["'`\u2018-\u201f]|["'`\u2018-\u201f]$/, report: failure,
    seen: 'is in quotes', fix: 'Remove the quotes: they have become part of the key.',
  },
  {
    pattern: /^(sk-)?(\.{2,}|…|x{4,}|\*{3,})|your[-_ ]|<.*>|^api[-_ ]?key$/i, report: failure, hostedOnly: true,
    seen: 'is a placeholder from an example', fix: 'Replace it with your own key.',
  },
  { pattern: /\s/, report: failure, seen: 'contains spaces or line breaks', fix: 'Copy it again, on one line.' },
  {
    pattern: /[^\x21-\x7e]/, report: failure,
    seen: 'contains invalid characters, perhaps invisible ones', fix: 'Copy it again as plain text.',
  },
  {
    pattern: /^.{1,15}$/, report: warning, hostedOnly: true,
    seen: 'looks too short for a key', fix: 'Copy it again: it may be truncated.',
  },
];

/** Reports the problems of all keys together. */
function checkFormat(examination: Examination): Finding {
  const findings = findKeys(examination).map((key) => checkKey(key, examination));
  const problems = findings.flatMap((finding) => (finding.fix === undefined ? [] : [finding]));
  if (problems.length === 0) return ok(findings.map(({ seen }) => seen).join('\n') || 'no key to check');
  const report = problems.some(({ level }) => level === 'failure') ? failure : warning;
  const fixes = new Set(problems.map(({ fix }) => fix));
  return report(problems.map(({ seen }) => seen).join('\n'), [...fixes].join(' '));
}

function checkKey({ variable, key: text }: ProviderKey, { settings, env }: Examination): Finding {
  const provider = settings?.provider;
  const isHosted = provider !== undefined && provider.baseUrls.length > 0 && provider.local === undefined;
  const flaw = KEY_FLAWS.find(({ pattern, hostedOnly }) => pattern.test(text) && (isHosted || !hostedOnly));
  const seen = `${variable}, ${quoteSecret(text)}`;
  if (flaw) return flaw.report(`${seen}, ${flaw.seen}`, flaw.fix);
  if (!settings) return ok(seen);
  const { keyShape, title, docs } = settings.provider;
  if (keyShape && !keyShape.pattern.test(text)) {
    return warning(`${seen}, does not look like a key for ${title}`, `${keyShape.advice} See ${docs}`);
  }
  const isOpenAi = text === env['OPENAI_API_KEY']?.trim() && !settings.provider.keyEnv.includes('OPENAI_API_KEY');
  // Alibaba's guide for Codex stores the plan's key in OPENAI_API_KEY.
  if (isOpenAi && !keyShape) {
    return warning(
      `${seen}, is the same as OPENAI_API_KEY`,
      `If it is an OpenAI key, it does not work at ${new URL(settings.config.aiBaseUrl).host}; do not send it there.`,
    );
  }
  return ok(keyShape ? `${seen}, looks like a key for ${title}` : seen);
}

/** Returns the bridge's keys as the user gave them, even if they are invalid. */
function findKeys({ flags, env, settings }: Examination): readonly ProviderKey[] {
  const { flags: [flag], env: [variable] } = OPTIONS.aiApiKey;
  if (isSet(flags.aiApiKey)) return [{ variable: flag, key: flags.aiApiKey.trim() }];
  const own = readNumberedKeys(variable, env);
  const set = own.length > 0 || settings === undefined ? own : resolveKeys(settings.provider, env);
  const { config, origins } = settings ?? {};
  if (set.length > 0 || config?.aiApiKey === undefined || origins?.aiApiKey.kind !== 'login') return set;
  return [{ variable: `login ${origins.aiApiKey.name}`, key: config.aiApiKey }];
}

/** The checks of the key. */
export const KEY_CHECKS: readonly Check[] = [
  { id: 'key', title: 'Key', needs: 'nothing', run: withSettings(checkPresence) },
  { id: 'key-form', title: 'Key format', needs: 'nothing', run: checkFormat },
];
