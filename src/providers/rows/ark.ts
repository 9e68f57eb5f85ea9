/** Volcengine Ark. Facts: upstreams.md, sections 1.4, 2 and 7. */
import type { Provider } from '../provider';
import { ARK_CODE, VOLCENGINE } from './volcengine';

/** Accepts short model names on the plans, elsewhere dated ids or the id of an endpoint; limits are not known. */
export const ark: Provider = {
  name: 'ark',
  aliases: ['volcengine'],
  title: 'Volcengine Ark',
  baseUrls: [
    'https://ark.cn-beijing.volces.com/api/coding/v3',
    'https://ark.cn-beijing.volces.com/api/plan/v3',
    'https://ark.cn-beijing.volces.com/api/v3',
  ],
  keyEnv: ['ARK_API_KEY'],
  docs: 'https://www.volcengine.com/docs/82379/1330310',
  // Reported: models.dev#5513. Which models it serves is not known.
  responses: {
    rejects: 'Namespaces (`unknown tool type: namespace`, new-api#5757) and the field external_web_access '
      + '(veadk-python#592) are rejected.',
    evidence: 'reported',
  },
  defaultModel: 'ark-code-latest',
  remarks: [
    'The addresses are for the Coding Plan, the Agent Plan and pay as you go, in this order. Requests under ' +
      '`/api/v3` are billed separately, even with the key of a plan.',
    'Its model list contains the whole catalog, not only the models of the plan.',
  ],
  dialect: VOLCENGINE,
  models: [ARK_CODE],
};
