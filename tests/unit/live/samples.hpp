// Messages of the venue's private half: the examples of its reference word for word, and where it
// only lists fields, messages written from the list. Values are invented.
#pragma once

#include <string_view>

namespace proteus::live::test {

// 7.1
inline constexpr std::string_view kOrderFrame =
    R"({"id":"m-1","topic":"order","creationTime":1700000000474,"data":[{"category":"linear","symbol":"BTCUSDT","orderId":"5cf98598-0000-4000-8000-000000000001","orderLinkId":"px-1","blockTradeId":"","side":"Buy","positionIdx":0,"orderStatus":"PartiallyFilled","cancelType":"UNKNOWN","rejectReason":"EC_NoError","timeInForce":"GTC","isLeverage":"","price":"36500","qty":"0.020","avgPrice":"36500","leavesQty":"0.010","leavesValue":"365","cumExecQty":"0.010","cumExecValue":"365","cumExecFee":"0.073","orderType":"Limit","stopOrderType":"","orderIv":"","triggerPrice":"","takeProfit":"","stopLoss":"","triggerBy":"","tpTriggerBy":"","slTriggerBy":"","triggerDirection":0,"placeType":"","lastPriceOnCreated":"36510.5","closeOnTrigger":false,"reduceOnly":false,"smpGroup":0,"smpType":"None","smpOrderId":"","tpslMode":"","tpLimitPrice":"","slLimitPrice":"","marketUnit":"","slippageToleranceType":"UNKNOWN","slippageTolerance":"","createType":"CreateByUser","closedPnl":"0","feeCurrency":"","cumFeeDetail":{"USDT":"0.073"},"createdTime":"1700000000444","updatedTime":"1700000000470","rpiTakerAccess":false,"rpiMatchedQty":"0"}]})";
// 7.2
inline constexpr std::string_view kExecutionFrame =
    R"({"id":"u_BTCUSDT_1","topic":"execution","creationTime":1700000000475,"data":[{"category":"linear","symbol":"BTCUSDT","isLeverage":"0","orderId":"5cf98598-0000-4000-8000-000000000001","orderLinkId":"px-1","side":"Buy","orderPrice":"36500","orderQty":"0.020","leavesQty":"0.010","createType":"CreateByUser","orderType":"Limit","stopOrderType":"UNKNOWN","execId":"0ab1bdf7-0000-5000-8000-000000000001","execPrice":"36500","execQty":"0.010","execValue":"365","execFee":"0.073","feeRate":"0.0002","feeCurrency":"USDT","execType":"Trade","execPnl":"0","isMaker":true,"closedSize":"0","markPrice":"36501.1","indexPrice":"","underlyingPrice":"","tradeIv":"","markIv":"","blockTradeId":"","seq":140612148849,"marketUnit":"","extraFees":"","execTime":"1700000000470"}]})";
// 7.3, from its list
inline constexpr std::string_view kFastFrame =
    R"({"topic":"execution.fast","creationTime":1700000000472,"data":[{"category":"linear","symbol":"BTCUSDT","orderId":"5cf98598-0000-4000-8000-000000000001","orderLinkId":"","execId":"0ab1bdf7-0000-5000-8000-000000000001","execPrice":"36500","execQty":"0.010","side":"Buy","isMaker":true,"execTime":"1700000000470","seq":140612148849}]})";
// 7.4
inline constexpr std::string_view kPositionFrame =
    R"({"id":"p-1","topic":"position","creationTime":1700000000476,"data":[{"category":"linear","symbol":"BTCUSDT","side":"Buy","size":"0.010","positionIdx":0,"positionValue":"365","riskId":1,"riskLimitValue":"2000000","entryPrice":"36500","markPrice":"36501.1","leverage":"10","breakEvenPrice":"36520.08","autoAddMargin":0,"positionIM":"36.7","positionIMByMp":"36.7","positionMM":"1.99","positionMMByMp":"1.99","liqPrice":"","takeProfit":"0","stopLoss":"0","trailingStop":"0","unrealisedPnl":"0.011","curRealisedPnl":"-0.073","cumRealisedPnl":"-25.06","sessionAvgPrice":"","positionStatus":"Normal","adlRankIndicator":2,"isReduceOnly":false,"createdTime":"1694402496913","updatedTime":"1700000000470","openTime":1700000000470,"seq":140612148849,"mmrSysUpdatedTime":"","leverageSysUpdatedTime":"","tpslMode":"Full","bustPrice":"","positionBalance":"0","tradeMode":0}]})";
// 7.5, from its list
inline constexpr std::string_view kWalletFrame =
    R"({"id":"w-1","topic":"wallet","creationTime":1700000000477,"data":[{"accountType":"UNIFIED","accountLTV":"","accountIMRate":"0.0125","accountMMRate":"0.0003","accountIMRateByMp":"0.0125","accountMMRateByMp":"0.0003","totalEquity":"10001.123456789012","totalWalletBalance":"10000.5","totalMarginBalance":"10001.12","totalAvailableBalance":"9964.4","totalPerpUPL":"0.011","totalInitialMargin":"36.7","totalMaintenanceMargin":"1.99","coin":[{"coin":"USDT","equity":"10001.123456789012","usdValue":"10001.12","walletBalance":"10000.5","locked":"0","borrowAmount":"0","accruedInterest":"0","totalOrderIM":"0","totalPositionIM":"36.7","totalPositionMM":"1.99","unrealisedPnl":"0.011","cumRealisedPnl":"-25.06","bonus":"0","spotHedgingQty":"0","spotBorrow":"0","colRes":"","free":"","availableToBorrow":"","availableToWithdraw":"","collateralSwitch":true,"marginCollateral":true},{"coin":"BTC","equity":"0.10005","usdValue":"3651.8","walletBalance":"0.10005","locked":"0.05","borrowAmount":"","accruedInterest":"0","totalOrderIM":"0","totalPositionIM":"0","totalPositionMM":"0","unrealisedPnl":"0","cumRealisedPnl":"0","bonus":"0","collateralSwitch":false,"marginCollateral":true}]}]})";
// 5.1, 5.3, 5.5
inline constexpr std::string_view kAuthFine =
    R"({"success":true,"ret_msg":"","op":"auth","conn_id":"cejreaspqfh3sjdnldmg-p"})";
inline constexpr std::string_view kAuthBad =
    R"({"success":false,"ret_msg":"Params Error","op":"auth","conn_id":"abc"})";
inline constexpr std::string_view kAuthBadSdk =
    R"({"op":"auth","success":false,"retCode":10003,"retMsg":"Invalid apikey","connId":"abc"})";
inline constexpr std::string_view kSubscribed =
    R"({"success":true,"ret_msg":"","conn_id":"abc-1","req_id":"s-1","op":"subscribe"})";
inline constexpr std::string_view kPrivatePong =
    R"({"req_id":"7","op":"pong","args":["1700000000123"],"conn_id":"abc"})";
// 8, 5.3, 5.5
inline constexpr std::string_view kTradeReply =
    R"({"reqId":"r-7","retCode":0,"retMsg":"OK","op":"order.create","data":{"orderId":"a4c1718e-0000-4000-8000-000000000002","orderLinkId":"px-2"},"retExtInfo":{},"header":{"X-Bapi-Limit":"10","X-Bapi-Limit-Status":"9","X-Bapi-Limit-Reset-Timestamp":"1700000000008","Traceid":"38b7","Timenow":"1700000000009"},"connId":"abc-2"})";
inline constexpr std::string_view kTradePong =
    R"({"retCode":0,"retMsg":"OK","op":"pong","data":["1700000000123"],"connId":"abc"})";
inline constexpr std::string_view kTradeAuth =
    R"({"retCode":0,"retMsg":"OK","op":"auth","connId":"abc"})";
inline constexpr std::string_view kTradeRefused =
    R"({"reqId":"r-8","retCode":110007,"retMsg":"ab not enough for new order","op":"order.create","data":{},"retExtInfo":{},"header":{"X-Bapi-Limit":"10","X-Bapi-Limit-Status":"8","X-Bapi-Limit-Reset-Timestamp":"1700000000108"},"connId":"abc-2"})";
/// The batch shape of 8: we send none, but another program on the connection's account may be read.
inline constexpr std::string_view kTradeBatch =
    R"({"reqId":"r-9","retCode":0,"retMsg":"OK","op":"order.create-batch","data":{"list":[{"category":"linear","symbol":"BTCUSDT","orderId":"","orderLinkId":"px-3","createAt":""}]},"retExtInfo":{"list":[{"code":10001,"msg":"params error"}]},"header":{"Traceid":"38b8"},"connId":"abc-2"})";

// 3.1
inline constexpr std::string_view kEmptyAnswer =
    R"({"retCode":0,"retMsg":"OK","result":{},"retExtInfo":{},"time":1700000000123})";
// 4.2
inline constexpr std::string_view kLimited =
    R"({"retCode":10006,"retMsg":"Too many visits!","result":{},"retExtInfo":{},"time":1700000000123})";
// 9
inline constexpr std::string_view kTime =
    R"({"retCode":0,"retMsg":"OK","result":{"timeSecond":"1700000000","timeNano":"1700000000123456789"},"retExtInfo":{},"time":1700000000123})";
// 10.1
inline constexpr std::string_view kCreated =
    R"({"retCode":0,"retMsg":"OK","result":{"orderId":"a4c1718e-0000-4000-8000-000000000002","orderLinkId":"px-2"},"retExtInfo":{},"time":1700000000123})";
// 10.4
inline constexpr std::string_view kCancelledAll =
    R"({"retCode":0,"retMsg":"OK","result":{"list":[{"orderId":"a4c1718e-0000-4000-8000-000000000002","orderLinkId":"px-2"},{"orderId":"a4c1718e-0000-4000-8000-000000000003","orderLinkId":""}],"success":"1"},"retExtInfo":{},"time":1700000000123})";
// 10.6: the order topic's row without closedPnl; a conditional order that waits, and one of spot
inline constexpr std::string_view kRealtime =
    R"({"retCode":0,"retMsg":"OK","result":{"category":"linear","nextPageCursor":"5cf98598%3A1700000000444%2C5cf98598%3A1700000000444","list":[{"symbol":"BTCUSDT","orderId":"5cf98598-0000-4000-8000-000000000009","orderLinkId":"","blockTradeId":"","side":"Sell","positionIdx":0,"orderStatus":"Untriggered","cancelType":"UNKNOWN","rejectReason":"EC_NoError","timeInForce":"IOC","isLeverage":"","price":"0","qty":"0.010","avgPrice":"","leavesQty":"0.010","leavesValue":"","cumExecQty":"0","cumExecValue":"0","cumExecFee":"0","orderType":"Market","stopOrderType":"StopLoss","orderIv":"","triggerPrice":"35000.00","takeProfit":"","stopLoss":"","triggerBy":"MarkPrice","triggerDirection":2,"closeOnTrigger":true,"reduceOnly":true,"createdTime":"1700000000444","updatedTime":"1700000000444"}]},"retExtInfo":{},"time":1700000000123})";
// 10.7: of spot, with its one status of its own
inline constexpr std::string_view kHistory =
    R"({"retCode":0,"retMsg":"OK","result":{"category":"spot","nextPageCursor":"","list":[{"symbol":"BTCUSDT","orderId":"1523347543495541248","orderLinkId":"1523347543495541249","blockTradeId":"","side":"Buy","positionIdx":0,"orderStatus":"PartiallyFilledCanceled","cancelType":"CancelByUser","rejectReason":"EC_PerCancelRequest","timeInForce":"GTC","isLeverage":"0","basePrice":"36499","price":"36500.00","qty":"0.020000","avgPrice":"36499.123456789123","leavesQty":"0","leavesValue":"0","cumExecQty":"0.010000","cumExecValue":"365","cumExecFee":"0.00001","orderType":"Limit","stopOrderType":"","cumFeeDetail":{"BTC":"0.00001"},"createdTime":"1700000000444","updatedTime":"1700000000470"}]},"retExtInfo":{},"time":1700000000123})";
// 10.8: the execution topic's row without execPnl, and the funding row word for word
inline constexpr std::string_view kExecutions =
    R"({"retCode":0,"retMsg":"OK","result":{"category":"linear","nextPageCursor":"132766%3A2%2C132766%3A2","list":[{"symbol":"BTCUSDT","orderId":"1700006400-BTCUSDT-1-Sell","orderLinkId":"","side":"Sell","orderPrice":"0","orderQty":"0","leavesQty":"0","orderType":"UNKNOWN","stopOrderType":"UNKNOWN","execFee":"0.6364","execId":"11f1c4ed-0000-4000-8000-00000000000f","execPrice":"36500","execQty":"0.011","execType":"Funding","execValue":"401.5","execTime":"1700006400000","isMaker":false,"feeRate":"0.00158505","markPrice":"36500","closedSize":"0"},{"symbol":"BTCUSDT","isLeverage":"0","orderId":"5cf98598-0000-4000-8000-000000000001","orderLinkId":"px-1","side":"Buy","orderPrice":"36500","orderQty":"0.020","leavesQty":"0.010","createType":"CreateByUser","orderType":"Limit","stopOrderType":"UNKNOWN","execId":"0ab1bdf7-0000-5000-8000-000000000001","execPrice":"36500","execQty":"0.010","execValue":"365","execFee":"-0.0365","feeRate":"-0.0001","feeCurrency":"","execType":"Trade","isMaker":true,"closedSize":"0","markPrice":"36501.1","seq":140612148849,"execTime":"1700000000470"}]},"retExtInfo":{},"time":1700006400123})";
// 11: a short position, and a flat one as it comes when it is asked for by name
inline constexpr std::string_view kPositions =
    R"({"retCode":0,"retMsg":"OK","result":{"category":"linear","nextPageCursor":"BTCUSDT%2C1700000000470%2C0","list":[{"symbol":"BTCUSDT","side":"Sell","size":"0.010","positionIdx":0,"positionValue":"365","riskId":1,"riskLimitValue":"2000000","avgPrice":"36500.05","markPrice":"36501.1","leverage":"2.5","liqPrice":"51234.5","takeProfit":"","stopLoss":"38000","trailingStop":"0","unrealisedPnl":"-0.011","curRealisedPnl":"1.5","cumRealisedPnl":"-25.06","positionStatus":"Normal","adlRankIndicator":2,"isReduceOnly":false,"createdTime":"1694402496913","updatedTime":"1700000000470","seq":140612148849,"mmrSysUpdateTime":"","leverageSysUpdatedTime":"","tpslMode":"Full","bustPrice":"","positionBalance":"0","tradeMode":1},{"symbol":"ETHUSDT","side":"","size":"0","positionIdx":0,"positionValue":"","avgPrice":"0","markPrice":"2000","leverage":"","liqPrice":"","takeProfit":"","stopLoss":"","unrealisedPnl":"","curRealisedPnl":"","positionStatus":"Normal","updatedTime":"0","seq":"-1","tradeMode":0}]},"retExtInfo":{},"time":1700000000123})";
inline constexpr std::string_view kWallet =
    R"({"retCode":0,"retMsg":"OK","result":{"list":[{"totalEquity":"","accountIMRate":"","totalMarginBalance":"","totalInitialMargin":"","accountType":"UNIFIED","totalAvailableBalance":"","accountMMRate":"","totalPerpUPL":"","totalWalletBalance":"","accountLTV":"","totalMaintenanceMargin":"","coin":[{"availableToBorrow":"","bonus":"0","accruedInterest":"0","availableToWithdraw":"","totalOrderIM":"0","equity":"100000","totalPositionMM":"0","usdValue":"100000.1","unrealisedPnl":"0","collateralSwitch":true,"spotHedgingQty":"0","borrowAmount":"0.000000000000000000","totalPositionIM":"0","walletBalance":"100000","cumRealisedPnl":"0","locked":"0","marginCollateral":true,"coin":"USDT"}]}]},"retExtInfo":{},"time":1700000000123})";
inline constexpr std::string_view kFees =
    R"({"retCode":0,"retMsg":"OK","result":{"list":[{"symbol":"BTCUSDT","takerFeeRate":"0.00055","makerFeeRate":"0.0002"},{"symbol":"ETHUSDT","takerFeeRate":"0.0006","makerFeeRate":"-0.00005"}]},"retExtInfo":{},"time":1700000000123})";
/// As the reference says, some answers lack retExtInfo, result or time; this one the first.
inline constexpr std::string_view kAccountInfo =
    R"({"retCode":0,"retMsg":"OK","result":{"marginMode":"REGULAR_MARGIN","updatedTime":"1697078946000","unifiedMarginStatus":5,"dcpStatus":"OFF","timeWindow":10,"smpGroup":0,"isMasterTrader":false,"spotHedgingStatus":"OFF"}})";
inline constexpr std::string_view kKeyInfo =
    R"({"retCode":0,"retMsg":"","result":{"id":"13770661","note":"proteus","apiKey":"EXAMPLEKEY","readOnly":0,"secret":"","permissions":{"ContractTrade":["Order","Position"],"Spot":["SpotTrade"],"Wallet":["AccountTransfer"],"Options":[],"Derivatives":["DerivativesTrade"],"CopyTrading":[],"BlockTrade":[],"Exchange":["ExchangeHistory"],"NFT":[],"Affiliate":[],"Earn":[]},"ips":["203.0.113.7","203.0.113.8"],"type":1,"deadlineDay":66,"expiredAt":"2023-12-22T07:20:25Z","createdAt":"2022-10-16T02:24:40Z","unified":0,"uta":1,"userID":24617703,"inviterID":0,"vipLevel":"No VIP","mktMakerLevel":"0","affiliateID":0,"rsaPublicKey":"","isMaster":true,"parentUid":"0"},"retExtInfo":{},"time":1700000000123})";

}  // namespace proteus::live::test
