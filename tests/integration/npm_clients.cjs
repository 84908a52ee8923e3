// Two clients of Bybit from npm, unmodified, against the simulated exchange: node npm_clients.cjs
// HOST:PORT, with NODE_PATH at a node_modules that holds bybit-api and ccxt. Prints "ok STEP" for
// each step and ends with code 0 if all did what they are asked for.
'use strict';
const assert = require('node:assert/strict');
const { RestClientV5, WebsocketClient, WebsocketAPIClient } = require('bybit-api');
const ccxt = require('ccxt');

const where = process.argv[2];
const key = 'simkey';
const secret = 'simsecret';
const linear = { category: 'linear', symbol: 'BTCUSDT' };
const quiet = { trace: () => {}, info: () => {}, error: (...all) => console.error(...all) };

function done(step) {
  console.log(`ok ${step}`);
}

// The venue's limits are ten orders a second: a client that keeps to them waits.
const breathe = () => new Promise((resolve) => setTimeout(resolve, 1000));

function fine(answer) {
  assert.equal(answer.retCode, 0, JSON.stringify(answer));
  return answer.result;
}

async function until(what, holds) {
  const end = Date.now() + 10000;
  while (!holds()) {
    assert.ok(Date.now() < end, `waited too long for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function byRest(client) {
  const ticker = fine(await client.getTickers(linear)).list[0];
  const low = (Math.floor(Number(ticker.lastPrice) * 0.9)).toFixed(1);
  const high = (Math.ceil(Number(ticker.lastPrice) * 1.1)).toFixed(1);
  assert.equal(fine(await client.getQueryApiKey()).readOnly, 0);

  const order = { ...linear, side: 'Buy', orderType: 'Limit', qty: '0.01', price: low };
  const made = fine(await client.submitOrder({ ...order, orderLinkId: 'npm-1' }));
  assert.equal(made.orderLinkId, 'npm-1');
  assert.equal((await client.submitOrder({ ...order, orderLinkId: 'npm-1' })).retCode, 110072);
  fine(await client.amendOrder({ ...linear, orderLinkId: 'npm-1', qty: '0.02' }));
  const open = fine(await client.getActiveOrders(linear)).list;
  assert.equal(open.length, 1);
  assert.equal(open[0].qty, '0.02');
  fine(await client.cancelOrder({ ...linear, orderId: made.orderId }));
  assert.equal((await client.cancelOrder({ ...linear, orderId: made.orderId })).retCode, 110001);
  const past = fine(await client.getHistoricOrders({ ...linear, orderId: made.orderId })).list;
  assert.equal(past[0].orderStatus, 'Cancelled');
  done('bybit-api: create, amend, list, cancel');

  fine(await client.submitOrder({
    ...linear, side: 'Buy', orderType: 'Market', qty: '0.01', stopLoss: low,
  }));
  const position = fine(await client.getPositionInfo(linear)).list[0];
  assert.equal(position.side, 'Buy');
  assert.equal(position.stopLoss, String(Number(low)));
  fine(await client.setTradingStop({
    ...linear, tpslMode: 'Full', positionIdx: 0, takeProfit: high,
  }));
  fine(await client.submitOrder({
    ...linear, side: 'Sell', orderType: 'Market', qty: '0.01', triggerPrice: low,
    triggerDirection: 2, reduceOnly: true,
  }));
  const stops = fine(await client.getActiveOrders({ ...linear, orderFilter: 'StopOrder' })).list;
  assert.deepEqual(stops.map((row) => row.stopOrderType).sort(), ['Stop', 'StopLoss', 'TakeProfit']);
  assert.ok(stops.every((row) => row.orderStatus === 'Untriggered'));
  done('bybit-api: stop orders');

  const batch = await client.batchSubmitOrders('linear', [
    { ...order, orderLinkId: 'npm-b1' }, { ...order, orderLinkId: 'npm-b1' },
    { ...order, orderLinkId: 'npm-b2' }]);
  assert.deepEqual(batch.retExtInfo.list.map((row) => row.code), [0, 110072, 0]);
  const gone = await client.batchCancelOrders('linear', [
    { symbol: 'BTCUSDT', orderLinkId: 'npm-b1' }, { symbol: 'BTCUSDT', orderLinkId: 'npm-b2' }]);
  assert.deepEqual(gone.retExtInfo.list.map((row) => row.code), [0, 0]);
  done('bybit-api: batch');

  fine(await client.submitOrder({
    ...linear, side: 'Sell', orderType: 'Market', qty: '0.01', reduceOnly: true,
  }));
  assert.equal(fine(await client.getPositionInfo(linear)).list[0].size, '0');
  fine(await client.cancelAllOrders(linear));
  const fills = fine(await client.getExecutionList(linear)).list;
  const filled = fills.reduce((sum, row) => sum + Number(row.execQty), 0);
  assert.ok(Math.abs(filled - 0.02) < 1e-9, JSON.stringify(fills));
  const wallet = fine(await client.getWalletBalance({ accountType: 'UNIFIED' })).list[0];
  const log = fine(await client.getTransactionLog({ accountType: 'UNIFIED' })).list;
  assert.equal(log[0].cashBalance, wallet.totalWalletBalance);
  done('bybit-api: executions and wallet');
}

async function bySocket() {
  const stream = new WebsocketClient(
    { key, secret, wsUrl: `ws://${where}/v5/private` }, quiet);
  const heard = [];
  stream.on('update', (frame) => heard.push(...frame.data.map((row) => [frame.topic, row])));
  stream.on('exception', (error) => console.error('stream', error));
  const rows = (topic) => heard.filter((entry) => entry[0] === topic).map((entry) => entry[1]);
  let subscribed = false;
  stream.on('response', (answer) => { subscribed ||= answer.op === 'subscribe' && answer.success; });
  stream.subscribeV5(['order', 'execution', 'position', 'wallet'], 'linear');
  await until('the subscription', () => subscribed);
  const trade = new WebsocketAPIClient(
    { key, secret, wsUrl: `ws://${where}/v5/trade`, attachEventListeners: false }, quiet);
  const made = await trade.submitNewOrder({
    ...linear, side: 'Buy', orderType: 'Limit', qty: '0.01', price: '1000', orderLinkId: 'ws-1',
  });
  assert.equal(made.retCode, 0);
  assert.equal(made.data.orderLinkId, 'ws-1');
  await trade.amendOrder({ ...linear, orderLinkId: 'ws-1', price: '1001' });
  await trade.cancelOrder({ ...linear, orderLinkId: 'ws-1' });
  await assert.rejects(trade.cancelOrder({ ...linear, orderLinkId: 'ws-1' }),
    (answer) => answer.retCode === 110001);
  const both = await trade.batchSubmitOrders('linear', [
    { symbol: 'BTCUSDT', side: 'Buy', orderType: 'Market', qty: '0.01' },
    { symbol: 'BTCUSDT', side: 'Sell', orderType: 'Market', qty: '0.01', reduceOnly: true }]);
  assert.deepEqual(both.retExtInfo.list.map((row) => row.code), [0, 0]);
  await until('what became of them', () => rows('execution').length >= 2 &&
    rows('position').length > 0 && rows('position').at(-1).size === '0');
  const life = rows('order').filter((row) => row.orderLinkId === 'ws-1');
  assert.deepEqual(life.map((row) => [row.orderStatus, row.price]),
    [['New', '1000'], ['New', '1001'], ['Cancelled', '1001']]);
  done('bybit-api: private and trade websocket');
  stream.closeAll(true);
  trade.getWSClient().closeAll(true);
}

async function byCcxt() {
  const exchange = new ccxt.bybit({ apiKey: key, secret, options: { defaultType: 'swap' } });
  for (const name of Object.keys(exchange.urls.api)) exchange.urls.api[name] = `http://${where}`;
  await exchange.loadMarkets();
  const symbol = 'BTC/USDT:USDT';
  assert.ok(exchange.markets[symbol].linear);
  const ticker = await exchange.fetchTicker(symbol);
  const low = Math.floor(ticker.last * 0.9);
  const high = Math.ceil(ticker.last * 1.1);
  await exchange.setLeverage(5, symbol);
  const made = await exchange.createOrder(symbol, 'limit', 'buy', 0.01, low, { clientOrderId: 'cc-1' });
  const edited = await exchange.editOrder(made.id, symbol, 'limit', 'buy', 0.02, low);
  assert.equal(edited.id, made.id);
  const open = await exchange.fetchOpenOrders(symbol);
  assert.equal(open.length, 1);
  assert.equal(open[0].amount, 0.02);
  assert.equal(open[0].clientOrderId, 'cc-1');
  await exchange.cancelOrder(made.id, symbol);
  await assert.rejects(exchange.cancelOrder(made.id, symbol), ccxt.OrderNotFound);
  done('ccxt: create, edit, list, cancel');

  await exchange.createOrder(symbol, 'market', 'buy', 0.01);
  const positions = await exchange.fetchPositions([symbol]);
  assert.equal(positions[0].contracts, 0.01);
  assert.equal(positions[0].leverage, 5);
  await exchange.createOrder(symbol, 'market', 'sell', 0.01, undefined,
    { stopLossPrice: low, reduceOnly: true });
  await exchange.createOrder(symbol, 'market', 'sell', 0.01, undefined,
    { takeProfitPrice: high, reduceOnly: true });
  const stops = await exchange.fetchOpenOrders(symbol);
  assert.deepEqual(stops.map((order) => order.triggerPrice).sort(), [low, high].sort());
  await exchange.cancelAllOrders(symbol);
  done('ccxt: stop orders');

  const pair = await exchange.createOrders([
    { symbol, type: 'limit', side: 'buy', amount: 0.01, price: low },
    { symbol, type: 'limit', side: 'buy', amount: 0.02, price: low }]);
  assert.equal(pair.length, 2);
  const gone = await exchange.cancelOrders(pair.map((order) => order.id), symbol);
  assert.equal(gone.length, 2);
  assert.equal((await exchange.fetchOpenOrders(symbol)).length, 0);
  done('ccxt: batch');

  await exchange.createOrder(symbol, 'market', 'sell', 0.01, undefined, { reduceOnly: true });
  const trades = await exchange.fetchMyTrades(symbol);
  assert.ok(trades.length >= 2);
  const balance = await exchange.fetchBalance();
  assert.ok(balance.USDT.total > 99000 && balance.USDT.total < 100000);
  done('ccxt: trades and balance');
}

async function main() {
  const client = new RestClientV5({ key, secret, baseUrl: `http://${where}` });
  await byRest(client);
  await breathe();
  await bySocket();
  await breathe();
  await byCcxt();
}

main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
