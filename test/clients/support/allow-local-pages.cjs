/**
 * Preloaded into the bridge of a test so that web search may open pages at 127.0.0.1. The product has no such option.
 */
'use strict';
const { join } = require('node:path');
const addresses = require(join(__dirname, '../../../dist/search/public-address.js'));

const { isPublicAddress } = addresses;
addresses.isPublicAddress = (address) => address === '127.0.0.1' || isPublicAddress(address);
