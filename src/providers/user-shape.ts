/** Defines the shape of the user's providers file, with help for each field; the JSON Schema is rendered from it. */
import { HEADER_NAME, HEADER_VALUE } from '../base/header-values';
import type { JsonObject } from '../base/json';
import { TEXT_SHAPE, toJsonSchema, type JsonShape, type ShapeField } from '../base/shape';
import { EFFORTS, type Dialect } from './dialect';
import { BOOLEAN, DIALECT_FIELDS, objectOf, oneOf, TEXT_LIST } from './dialect-shape';
import type { Model, Price } from './provider';

/** A model in the file. Absent fields come from the extended row, or are conservative defaults. */
export interface UserModel extends UserChanges {
  readonly name?: string;
  readonly context?: number;
  readonly output?: number;
  readonly input?: Model['input'];
  readonly efforts?: readonly string[];
  readonly default_effort?: string;
  readonly price?: Pick<Price, 'currency' | 'input' | 'cached' | 'output'>;
  readonly dialect?: Partial<Dialect>;
}

/** The fields that providers and models share. */
export interface UserChanges {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: JsonObject;
  readonly drop?: readonly string[];
  readonly wire?: 'chat' | 'responses';
  readonly fallback?: readonly string[];
  readonly vision_model?: string;
}

/** A provider in the file. */
export interface UserProvider extends UserChanges {
  readonly extends?: string;
  readonly title?: string;
  readonly aliases?: readonly string[];
  readonly base_url?: string | readonly string[];
  readonly hosts?: readonly string[];
  readonly key_variables?: readonly string[];
  readonly keys?: readonly string[];
  readonly max_concurrency?: number;
  readonly proxy?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly cert_key?: string;
  readonly local?: boolean;
  readonly docs?: string;
  readonly default_model?: string;
  readonly slashed_ids?: boolean;
  readonly responses?: boolean | { readonly base_path?: string; readonly models?: readonly string[] };
  readonly dialect?: Partial<Dialect>;
  readonly models?: Readonly<Record<string, UserModel>>;
}

/** The whole file. */
export interface UserFile {
  readonly $schema?: string;
  readonly providers: Readonly<Record<string, UserProvider>>;
}

const COUNT: JsonShape = { kind: 'integer', min: 1 };

const PROTECTED_FIELDS = ['model', 'messages', 'input', 'stream', 'tools'];
const UNPROTECTED = new RegExp(`^(?!(?:${PROTECTED_FIELDS.join('|')})$).+$`);
const FIELD_NAME: JsonShape = {
  kind: 'text', pattern: UNPROTECTED, expected: `a field other than ${PROTECTED_FIELDS.join(', ')}`,
};

const CHANGES: { readonly [K in keyof Required<UserChanges>]: ShapeField } = {
  headers: {
    shape: {
      kind: 'map', of: { kind: 'text', pattern: HEADER_VALUE, expected: 'one line of ASCII text' }, keys: HEADER_NAME,
      expectedKeys: 'a header name other than host and those that control the connection',
    },
    help: 'Request headers. $NAME and ${NAME} are replaced by variables, $$ by a dollar sign.',
  },
  body: {
    shape: {
      kind: 'map', of: { kind: 'any' }, keys: UNPROTECTED,
      expectedKeys: `a field other than ${PROTECTED_FIELDS.join(', ')}`,
    },
    help: 'Top-level fields to add to each request, or to replace.',
  },
  drop: { shape: { kind: 'list', of: FIELD_NAME }, help: 'Top-level fields to remove from each request.' },
  wire: { shape: oneOf('chat', 'responses'), help: 'Upstream protocol, instead of --wire.' },
  fallback: {
    shape: TEXT_LIST, help: 'Fallback models as provider/model, tried in order while this one cannot answer.',
  },
  vision_model: { shape: TEXT_SHAPE, help: 'Model as provider/model that describes pictures for text-only models.' },
};

const PRICE_FIELD: ShapeField = { shape: { kind: 'number' }, help: 'Per million tokens.' };
const PRICE = objectOf({
  currency: { shape: { kind: 'text', pattern: /^[A-Z]{3}$/, expected: 'a code such as USD' }, help: 'ISO 4217 code.' },
  input: PRICE_FIELD, cached: PRICE_FIELD, output: PRICE_FIELD,
}, 'currency', 'input', 'output');

const MODEL: { readonly [K in keyof Required<UserModel>]: ShapeField } = {
  name: { shape: TEXT_SHAPE, help: 'Name in the picker.' },
  context: { shape: COUNT, help: 'Context window in tokens. Default: 128000.' },
  output: { shape: COUNT, help: 'Output limit in tokens. Default: 8192.' },
  input: { shape: { kind: 'list', of: oneOf('text', 'image') }, help: 'Accepted input. Default: text.' },
  efforts: { shape: { kind: 'list', of: oneOf(...EFFORTS) }, help: 'Reasoning efforts in the picker.' },
  default_effort: { shape: oneOf(...EFFORTS), help: 'Default effort.' },
  price: { shape: PRICE, help: 'Token prices, for the usage command.' },
  dialect: { shape: { kind: 'object', fields: DIALECT_FIELDS }, help: "Differences from the provider's dialect." },
  ...CHANGES,
};

const URL_TEXT: JsonShape = {
  kind: 'text',
  pattern: /^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/i,
  expected: 'an http or https URL without user name, query or fragment',
};
const VARIABLE: JsonShape = {
  kind: 'text',
  pattern: /^[A-Za-z_]\w*$/,
  expected: 'the name of an environment variable',
};
const KEY: JsonShape = {
  kind: 'text',
  pattern: /^[\x21-\x7e]+$/,
  expected: 'a key, or a variable such as $ACME_KEY',
};
/** May refer to variables, so that the file need not contain the password. */
const PROXY: JsonShape = {
  kind: 'text', pattern: /^(none|https?:\/\/[^\s/?#]+\/?)$/i, expected: 'an http or https URL, or none',
};
const HOST: JsonShape = { kind: 'text', pattern: /^[\w*.-]+(:\d+)?$/, expected: 'a host name; * matches one label' };

/** RFC 3986 path. */
const PATH: JsonShape = { kind: 'text', pattern: /^\/[^\s?#]*$/, expected: 'a path such as /api/v1' };

const PROVIDER: { readonly [K in keyof Required<UserProvider>]: ShapeField } = {
  extends: { shape: TEXT_SHAPE, help: 'Provider to extend. Default: the built-in one of the same name, if any.' },
  title: { shape: TEXT_SHAPE, help: 'Name to display.' },
  aliases: { shape: TEXT_LIST, help: 'Other names for AI_PROVIDER.' },
  base_url: {
    shape: { kind: 'either', shapes: [URL_TEXT, { kind: 'list', of: URL_TEXT }], expected: 'a URL or a list of URLs' },
    help: 'Base URL, or several; requests go to the first.',
  },
  hosts: { shape: { kind: 'list', of: HOST }, help: 'Further hosts of the provider; * matches one label.' },
  key_variables: {
    shape: { kind: 'list', of: VARIABLE },
    help: 'Environment variables that may hold the key; [] for a provider that needs none.',
  },
  keys: {
    shape: { kind: 'list', of: KEY },
    help: 'Several keys as $NAME, instead of key_variables; when one is exhausted, the next is used.',
  },
  max_concurrency: { shape: COUNT, help: 'Maximum concurrent requests; others wait. Default: learned from errors.' },
  proxy: { shape: PROXY, help: 'URL of the HTTP proxy to this provider, or none. Default: the proxy variables.' },
  ca: { shape: TEXT_SHAPE, help: 'PEM file with further certificate authorities.' },
  cert: { shape: TEXT_SHAPE, help: 'PEM file with the client certificate.' },
  cert_key: { shape: TEXT_SHAPE, help: 'PEM file with the key of the client certificate. Default: the cert file.' },
  local: { shape: BOOLEAN, help: 'A server that needs no key.' },
  docs: { shape: URL_TEXT, help: 'Documentation of the provider.' },
  default_model: { shape: TEXT_SHAPE, help: 'Model for requests that name none. Default: the first one.' },
  slashed_ids: { shape: BOOLEAN, help: 'Model ids contain slashes, so provider/model is not read as a route.' },
  responses: {
    shape: {
      kind: 'either',
      shapes: [
        BOOLEAN,
        {
          kind: 'object',
          fields: {
            base_path: { shape: PATH, help: 'Path before /responses, instead of the path of base_url.' },
            models: { shape: TEXT_LIST, help: 'Ids of the models that it serves. Default: all.' },
          },
        },
      ],
      expected: 'true, false or an object',
    },
    help: "The provider's own Responses endpoint.",
  },
  dialect: {
    shape: { kind: 'object', fields: DIALECT_FIELDS },
    help: 'How its requests differ from the default.',
  },
  models: { shape: { kind: 'map', of: { kind: 'object', fields: MODEL } }, help: 'Models by id.' },
  ...CHANGES,
};

/** The shape of the whole file. */
export const FILE_SHAPE: JsonShape = {
  kind: 'object',
  required: ['providers'],
  fields: {
    $schema: { shape: TEXT_SHAPE, help: 'The JSON Schema of this file, for editors.' },
    providers: {
      shape: {
        kind: 'map',
        of: { kind: 'object', fields: PROVIDER },
        keys: /^[a-z][a-z0-9.-]*$/,
        expectedKeys: 'lower-case letters, digits, dots and dashes',
      },
      help: 'Providers by name.',
    },
  },
};

/** Renders the JSON Schema that is shipped for editors. */
export function renderUserSchema(): string {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Providers of aliyun-codex-bridge',
    ...toJsonSchema(FILE_SHAPE),
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
