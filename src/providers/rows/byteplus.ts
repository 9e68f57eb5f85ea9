/** BytePlus ModelArk, Volcengine's international service. Facts: upstreams.md, section 7. */
import type { Provider } from '../provider';
import { ARK_CODE, VOLCENGINE } from './volcengine';

/** The same models as Ark's plan, outside China; addresses and keys: models.dev#5857. */
export const byteplus: Provider = {
  name: 'byteplus',
  aliases: ['modelark'],
  title: 'BytePlus ModelArk',
  baseUrls: [
    'https://ark.ap-southeast.bytepluses.com/api/coding/v3',
    'https://ark.ap-southeast.bytepluses.com/api/v3',
  ],
  hosts: [/^ark\.[a-z0-9-]+\.bytepluses\.com$/],
  keyEnv: ['BYTEPLUS_CODING_PLAN_API_KEY', 'BYTEPLUS_API_KEY'],
  docs: 'https://docs.byteplus.com/en/docs/ModelArk/2628972',
  defaultModel: 'ark-code-latest',
  remarks: ['The first address is for the Coding Plan; requests to the second one are billed separately.'],
  dialect: VOLCENGINE,
  models: [ARK_CODE],
};
