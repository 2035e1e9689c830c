/* xgboost/xgb_calls.h: the C API of XGBoost, loaded when the first booster is made (kit/lazy.h).
 * XGBoosterFree() is called as xgb.XGBoosterFree(). */
#ifndef RISE_XGBOOST_XGB_CALLS_H
#define RISE_XGBOOST_XGB_CALLS_H

#include <rise/error.h>

#include <xgboost/c_api.h>
#include <xgboost/version_config.h>

#define XGB_TEXT_OF(x) #x
#define XGB_TEXT(x) XGB_TEXT_OF(x)
/* "1.7.4": what rise was compiled for, and will load. */
#define XGB_VERSION                                                                                \
    XGB_TEXT(XGBOOST_VER_MAJOR) "." XGB_TEXT(XGBOOST_VER_MINOR) "." XGB_TEXT(XGBOOST_VER_PATCH)

/* clang-format off */
#define XGB_CALLS(F) \
    F(XGBGetLastError) F(XGBoostVersion) F(XGBoosterBoostedRounds) F(XGBoosterCreate) \
    F(XGBoosterFree) F(XGBoosterGetAttr) F(XGBoosterGetNumFeature) \
    F(XGBoosterLoadModelFromBuffer) F(XGBoosterPredictFromDMatrix) \
    F(XGBoosterSaveModelToBuffer) F(XGBoosterSetAttr) F(XGBoosterSetParam) F(XGBoosterSlice) \
    F(XGBoosterUpdateOneIter) F(XGDMatrixCreateFromMat_omp) F(XGDMatrixFree) \
    F(XGDMatrixSetFloatInfo)
/* clang-format on */

typedef struct xgb_calls {
#define F(name) __typeof__(name) *name;
    XGB_CALLS(F)
#undef F
} xgb_calls;

/* Filled by xgb_load, which whoever makes a booster calls first. */
extern xgb_calls xgb;

rise_status xgb_load(rise_error *err) RISE_MUST_USE;

#endif
