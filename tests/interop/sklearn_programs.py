"""Programs of scikit-learn, with its array_api_dispatch switched on."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
import sklearn
from sklearn import (
    calibration,
    compose,
    covariance,
    cross_decomposition,
    decomposition,
    discriminant_analysis,
    feature_selection,
    gaussian_process,
    impute,
    kernel_approximation,
    kernel_ridge,
    linear_model,
    metrics,
    mixture,
    model_selection,
    naive_bayes,
    neighbors,
    pipeline,
    preprocessing,
    random_projection,
    svm,
    utils,
)
from sklearn.metrics import pairwise
from sklearn.utils import extmath

from .harness import Program

rng = np.random.default_rng(5)
X = rng.normal(size=(12, 3))
Z = rng.normal(size=(6, 3))
POSITIVE = rng.uniform(0.2, 2.0, (12, 3))
Y = rng.normal(size=12)
T = rng.uniform(0.5, 2.0, 12)
U = rng.uniform(0.5, 2.0, 12)
W = rng.uniform(0.5, 2.0, 12)
P1 = rng.uniform(0.1, 0.9, 12)
LABELS = (np.arange(12) % 2).astype(np.int64)
THREE = (np.arange(12) % 3).astype(np.int64)
FAR = np.random.default_rng(9).uniform(2.5, 4.5, (12, 3))
CHANCES = rng.uniform(0.1, 1.0, (12, 3))


def dispatching(f: Callable[..., Any]) -> Callable[..., Any]:
    """Run with array_api_dispatch on tracked arrays, and without on NumPy arrays."""

    @wraps(f)
    def call(*args: Any) -> Any:
        tracked = any(not isinstance(a, np.ndarray) for a in args)
        with sklearn.config_context(array_api_dispatch=tracked):
            return f(*args)

    return call


def program(
    name: str,
    f: Callable[..., Any],
    args: tuple[Any, ...],
    const: tuple[Any, ...] = (),
    **options: Any,
) -> Program:
    return Program(name, dispatching(f), args, const, **options)


REGRESSION = """mean_squared_error root_mean_squared_error mean_absolute_error median_absolute_error
r2_score explained_variance_score max_error mean_absolute_percentage_error mean_squared_log_error
root_mean_squared_log_error mean_tweedie_deviance mean_poisson_deviance mean_gamma_deviance
d2_tweedie_score d2_absolute_error_score d2_pinball_score mean_pinball_loss""".split()
RAW = """mean_squared_error root_mean_squared_error mean_absolute_error median_absolute_error
r2_score explained_variance_score mean_absolute_percentage_error mean_squared_log_error
mean_pinball_loss root_mean_squared_log_error d2_pinball_score d2_absolute_error_score""".split()

METRICS = [
    *(program(f"metrics.{n}", getattr(metrics, n), (T, U)) for n in REGRESSION),
    *(
        program(
            f"metrics.{n}(weights)",
            lambda t, u, w, n=n: getattr(metrics, n)(t, u, sample_weight=w),
            (T, U, W),
        )
        for n in REGRESSION[:5]
    ),
    *(
        program(
            f"metrics.{n}(raw)",
            lambda t, u, n=n: getattr(metrics, n)(t, u, multioutput="raw_values"),
            (POSITIVE, FAR),
        )
        for n in RAW
    ),
    program("metrics.log_loss", lambda p, y: metrics.log_loss(y, p), (P1,), (LABELS,)),
    program(
        "metrics.log_loss(3)",
        lambda p, y: metrics.log_loss(y, p / p.sum(axis=1)[:, None]),
        (CHANCES,),
        (THREE,),
    ),
    program(
        "metrics.brier_score_loss", lambda p, y: metrics.brier_score_loss(y, p), (P1,), (LABELS,)
    ),
    program("metrics.hinge_loss", lambda p, y: metrics.hinge_loss(y, p), (P1,), (LABELS,)),
    program(
        "metrics.d2_log_loss_score", lambda p, y: metrics.d2_log_loss_score(y, p), (P1,), (LABELS,)
    ),
    program(
        "metrics.precision_recall_curve",
        lambda p, y: metrics.precision_recall_curve(y, p)[2],
        (P1,),
        (LABELS,),
    ),
    program("metrics.roc_curve", lambda p, y: metrics.roc_curve(y, p)[2][1:], (P1,), (LABELS,)),
    program("metrics.det_curve", lambda p, y: metrics.det_curve(y, p)[2], (P1,), (LABELS,)),
    program(
        "metrics.roc_auc_score", lambda p, y: p * metrics.roc_auc_score(y, p), (P1,), (LABELS,)
    ),
    program(
        "metrics.average_precision_score",
        lambda p, y: p * metrics.average_precision_score(y, p),
        (P1,),
        (LABELS,),
    ),
    program(
        "metrics.accuracy_score(weights)",
        lambda w, y: metrics.accuracy_score(y, y, sample_weight=w),
        (W,),
        (LABELS,),
    ),
    program(
        "metrics.confusion_matrix(weights)",
        lambda w, y: metrics.confusion_matrix(y, y, sample_weight=w),
        (W,),
        (LABELS,),
    ),
    program(
        "metrics.silhouette_score", lambda x, y: metrics.silhouette_score(x, y), (X,), (THREE,)
    ),
    program(
        "metrics.calinski_harabasz_score",
        lambda x, y: metrics.calinski_harabasz_score(x, y),
        (X,),
        (THREE,),
    ),
    program(
        "metrics.davies_bouldin_score",
        lambda x, y: metrics.davies_bouldin_score(x, y),
        (X,),
        (THREE,),
    ),
]

PAIRWISE = [
    *(
        program(f"pairwise.{n}", getattr(pairwise, n), (X, Z))
        for n in "euclidean_distances rbf_kernel linear_kernel polynomial_kernel sigmoid_kernel "
        "cosine_similarity cosine_distances laplacian_kernel manhattan_distances "
        "nan_euclidean_distances".split()
    ),
    *(
        program(f"pairwise.{n}(x)", getattr(pairwise, n), (X,))
        for n in "rbf_kernel linear_kernel polynomial_kernel sigmoid_kernel cosine_similarity "
        "laplacian_kernel manhattan_distances".split()
    ),
    *(
        program(f"pairwise.{n}", getattr(pairwise, n), (POSITIVE, POSITIVE[:5] + 0.1))
        for n in "additive_chi2_kernel chi2_kernel".split()
    ),
    *(
        program(f"pairwise.{n}", getattr(pairwise, n), (X, X[::-1]))
        for n in "paired_euclidean_distances paired_cosine_distances "
        "paired_manhattan_distances".split()
    ),
    program("pairwise.haversine_distances", pairwise.haversine_distances, (X[:, :2], Z[:, :2])),
    *(
        program(
            f"pairwise_distances({m})",
            lambda x, z, m=m: metrics.pairwise_distances(x, z, metric=m),
            (X, Z),
        )
        for m in "euclidean cosine l2 l1 cityblock manhattan chebyshev sqeuclidean".split()
    ),
    *(
        program(
            f"pairwise_kernels({m})",
            lambda x, z, m=m: metrics.pairwise_kernels(x, z, metric=m),
            (X, Z),
        )
        for m in "rbf linear poly cosine laplacian".split()
    ),
    program(
        "pairwise_distances_argmin_min",
        lambda x, z: pairwise.pairwise_distances_argmin_min(x, z)[1],
        (X, Z),
    ),
    program(
        "pairwise_distances_chunked",
        lambda x, z: next(metrics.pairwise_distances_chunked(x, z)),
        (X, Z),
    ),
]


def fitted(model: Any, name: str = "transform") -> Callable[..., Any]:
    """Return a program that applies a model fitted to constants."""
    return lambda z, x: getattr(sklearn.clone(model).fit(x), name)(z)


def fit_transform(model: Any) -> Callable[..., Any]:
    return lambda x: sklearn.clone(model).fit_transform(x)


SCALERS = [
    preprocessing.StandardScaler(),
    preprocessing.MinMaxScaler(),
    preprocessing.MaxAbsScaler(),
    preprocessing.Normalizer(),
    preprocessing.Normalizer("l1"),
    preprocessing.Normalizer("max"),
    preprocessing.RobustScaler(),
    preprocessing.PolynomialFeatures(2),
    preprocessing.PowerTransformer(),
    preprocessing.SplineTransformer(),
    preprocessing.QuantileTransformer(n_quantiles=6),
    preprocessing.FunctionTransformer(),
    preprocessing.StandardScaler(with_mean=False),
    preprocessing.MinMaxScaler((-1, 1), clip=True),
]
PREPROCESSING = [
    *(program(f"{m!r}.fit_transform", fit_transform(m), (X,)) for m in SCALERS),
    *(program(f"{m!r}.transform", fitted(m), (Z,), (X,)) for m in SCALERS[:8]),
    *(
        program(f"{m!r}.inverse_transform", fitted(m, "inverse_transform"), (Z,), (X,))
        for m in SCALERS[:3]
    ),
    program(
        "StandardScaler.mean_, var_",
        lambda x: ((s := preprocessing.StandardScaler().fit(x)).mean_, s.var_, s.scale_),
        (X,),
    ),
    program(
        "KernelCenterer", lambda x: preprocessing.KernelCenterer().fit_transform(x @ x.T), (X,)
    ),
    *(
        program(f"preprocessing.{n}", getattr(preprocessing, n), (X,))
        for n in "scale robust_scale minmax_scale maxabs_scale normalize add_dummy_feature".split()
    ),
    program(
        "preprocessing.normalize(l1, axis)",
        lambda x: preprocessing.normalize(x, "l1", axis=0),
        (X,),
    ),
    program("SimpleImputer", fit_transform(impute.SimpleImputer()), (X,)),
    program(
        "Pipeline(StandardScaler, PCA)",
        lambda x: (
            pipeline.make_pipeline(
                preprocessing.StandardScaler(), decomposition.PCA(2, svd_solver="full")
            ).fit_transform(x)
            ** 2
        ),
        (X,),
    ),
    program("Binarizer", lambda x: x * preprocessing.Binarizer().fit_transform(x), (X,)),
    program(
        "LabelEncoder",
        lambda x, y: x * preprocessing.LabelEncoder().fit_transform(y)[:, None],
        (X,),
        (THREE,),
    ),
]


def coef(model: Any, attribute: str = "coef_") -> Callable[..., Any]:
    return lambda x, y: getattr(sklearn.clone(model).fit(x, y), attribute)


def predict(model: Any, method: str = "predict") -> Callable[..., Any]:
    return lambda x, y: getattr(sklearn.clone(model).fit(x, y), method)(x)


def predict_by(w: Any, b: Any, x: Any) -> Any:
    model = linear_model.LinearRegression()
    model.coef_, model.intercept_ = w, b
    return model.predict(x)


RIDGE = linear_model.Ridge(solver="svd")
LINEAR = [
    program("Ridge(svd).coef_", coef(RIDGE), (X, Y)),
    program("Ridge(svd).intercept_", coef(RIDGE, "intercept_"), (X, Y)),
    program("Ridge(auto).coef_", coef(linear_model.Ridge()), (X, Y)),
    program(
        "Ridge(svd, no intercept)",
        coef(linear_model.Ridge(solver="svd", fit_intercept=False)),
        (X, Y),
    ),
    program("Ridge(svd).predict", predict(RIDGE), (X, Y)),
    program(
        "Ridge(svd, weights)",
        lambda x, y, w: sklearn.clone(RIDGE).fit(x, y, sample_weight=w).coef_,
        (X, Y, W),
    ),
    program("Ridge(svd, several outputs)", coef(RIDGE), (X, POSITIVE)),
    program(
        "ridge_regression(svd)",
        lambda x, y: linear_model.ridge_regression(x, y, 0.5, solver="svd"),
        (X, Y),
    ),
    program(
        "Ridge(svd) wrt alpha",
        lambda a, x, y: linear_model.ridge_regression(x, y, a, solver="svd"),
        (T[0],),
        (X, Y),
    ),
    program("LinearRegression.predict(coef_)", predict_by, (T[:3], T[0]), (X,)),
    program("Ridge(cholesky).coef_", coef(linear_model.Ridge(solver="cholesky")), (X, Y)),
    program("Ridge(lsqr).coef_", coef(linear_model.Ridge(solver="lsqr")), (X, Y)),
    program("RidgeCV", coef(linear_model.RidgeCV([0.1, 1.0])), (X, Y)),
    program(
        "RidgeClassifier(svd)", coef(linear_model.RidgeClassifier(solver="svd")), (X,), (LABELS,)
    ),
    program("RidgeClassifierCV", coef(linear_model.RidgeClassifierCV()), (X,), (LABELS,)),
    program(
        "RidgeClassifier.decision_function",
        predict(linear_model.RidgeClassifier(solver="svd"), "decision_function"),
        (X,),
        (LABELS,),
    ),
    *(
        program(f"{type(m).__name__}.coef_", coef(m), (X, Y))
        for m in (
            linear_model.LinearRegression(),
            linear_model.Lasso(0.1),
            linear_model.ElasticNet(0.1),
            linear_model.BayesianRidge(),
            linear_model.ARDRegression(),
            linear_model.HuberRegressor(),
            linear_model.TheilSenRegressor(random_state=0),
            linear_model.OrthogonalMatchingPursuit(),
            svm.LinearSVR(random_state=0),
        )
    ),
    program("PoissonRegressor.coef_", coef(linear_model.PoissonRegressor()), (X, T)),
    program("GammaRegressor.coef_", coef(linear_model.GammaRegressor()), (X, T)),
    program("LogisticRegression.coef_", coef(linear_model.LogisticRegression()), (X,), (LABELS,)),
    *(
        program(
            f"LogisticRegression.{n}",
            lambda z, x, y, n=n: getattr(linear_model.LogisticRegression().fit(x, y), n)(z),
            (Z,),
            (X, LABELS),
        )
        for n in ("predict_proba", "decision_function", "predict_log_proba")
    ),
]


def lda(z: Any, x: Any, y: Any, name: str) -> Any:
    model = discriminant_analysis.LinearDiscriminantAnalysis().fit(x, y)
    return getattr(model, name)(z)


def mixed(z: Any, x: Any, name: str) -> Any:
    model = mixture.GaussianMixture(2, random_state=0, init_params="random", max_iter=50).fit(x)
    return getattr(model, name)(z)


PCA = decomposition.PCA(2, svd_solver="full")
OTHERS = [
    program("PCA.fit_transform", lambda x: sklearn.clone(PCA).fit_transform(x) ** 2, (X,)),
    program(
        "PCA(whiten)",
        lambda x: decomposition.PCA(2, svd_solver="full", whiten=True).fit_transform(x) ** 2,
        (X,),
    ),
    program("PCA.components_", lambda x: sklearn.clone(PCA).fit(x).components_ ** 2, (X,)),
    *(
        program(f"PCA.{n}", lambda x, n=n: getattr(sklearn.clone(PCA).fit(x), n), (X,))
        for n in "explained_variance_ explained_variance_ratio_ singular_values_ mean_ "
        "noise_variance_".split()
    ),
    program("PCA.transform", fitted(PCA), (Z,), (X,)),
    program("PCA.inverse_transform", fitted(PCA, "inverse_transform"), (Z[:, :2],), (X,)),
    program("PCA.score_samples", fitted(PCA, "score_samples"), (Z,), (X,)),
    program("PCA.score", fitted(PCA, "score"), (Z,), (X,)),
    program("PCA.get_covariance", lambda x: sklearn.clone(PCA).fit(x).get_covariance(), (X,)),
    program("PCA.get_precision", lambda x: sklearn.clone(PCA).fit(x).get_precision(), (X,)),
    program(
        "PCA(covariance_eigh)",
        lambda x: decomposition.PCA(2, svd_solver="covariance_eigh").fit_transform(x) ** 2,
        (X,),
    ),
    program(
        "PCA(randomized)",
        lambda x: (
            decomposition.PCA(2, svd_solver="randomized", random_state=0).fit_transform(x) ** 2
        ),
        (X,),
        rtol=1e-3,
    ),
    *(
        program(f"{type(m).__name__}.fit_transform", fit_transform(m), (POSITIVE,))
        for m in (
            decomposition.NMF(2),
            decomposition.FactorAnalysis(2),
            decomposition.KernelPCA(2),
            decomposition.TruncatedSVD(2),
            decomposition.IncrementalPCA(2),
            decomposition.FastICA(2, random_state=0),
            random_projection.GaussianRandomProjection(2, random_state=0),
            kernel_approximation.Nystroem(n_components=4, random_state=0),
            kernel_approximation.RBFSampler(n_components=4, random_state=0),
        )
    ),
    *(
        program(
            f"LinearDiscriminantAnalysis.{n}",
            lambda z, x, y, n=n: lda(z, x, y, n),
            (Z,),
            (X, THREE),
        )
        for n in ("predict_proba", "decision_function", "transform")
    ),
    program(
        "LinearDiscriminantAnalysis wrt X",
        lambda x, y: lda(x, x, y, "decision_function"),
        (X,),
        (THREE,),
    ),
    *(
        program(f"GaussianMixture.{n}", lambda z, x, n=n: mixed(z, x, n), (Z,), (X,))
        for n in ("score_samples", "predict_proba", "score")
    ),
    program(
        "GaussianMixture.means_",
        lambda x: (
            mixture.GaussianMixture(2, random_state=0, init_params="random", max_iter=3)
            .fit(x)
            .means_
        ),
        (X,),
    ),
    *(
        program(
            f"GaussianNB.{n}",
            lambda z, x, y, n=n: getattr(naive_bayes.GaussianNB().fit(x, y), n)(z),
            (Z,),
            (X, THREE),
        )
        for n in ("predict_proba", "predict_log_proba", "predict_joint_log_proba")
    ),
    program(
        "GaussianNB.theta_, var_",
        lambda x, y: ((m := naive_bayes.GaussianNB().fit(x, y)).theta_, m.var_),
        (X,),
        (THREE,),
    ),
    *(
        program(
            f"{type(m).__name__}.covariance_",
            lambda x, m=m: sklearn.clone(m).fit(x).covariance_,
            (X,),
        )
        for m in (
            covariance.EmpiricalCovariance(),
            covariance.LedoitWolf(),
            covariance.OAS(),
            covariance.ShrunkCovariance(),
        )
    ),
    program("covariance.ledoit_wolf", lambda x: covariance.ledoit_wolf(x), (X,)),
    program(
        "covariance.log_likelihood", lambda x: covariance.log_likelihood(x @ x.T, np.eye(12)), (X,)
    ),
    program("KernelRidge", predict(kernel_ridge.KernelRidge(kernel="rbf")), (X, Y)),
    program("PLSRegression", predict(cross_decomposition.PLSRegression(2)), (X, Y)),
    program("KNeighborsRegressor", predict(neighbors.KNeighborsRegressor(2)), (X, Y)),
    program("KernelDensity", fitted(neighbors.KernelDensity(), "score_samples"), (Z,), (X,)),
    program("SVR", predict(svm.SVR()), (X, Y)),
    program(
        "GaussianProcessRegressor",
        predict(gaussian_process.GaussianProcessRegressor(optimizer=None)),
        (X, Y),
    ),
    program("f_regression", lambda x, y: feature_selection.f_regression(x, y)[0], (X, Y)),
    program("f_classif", lambda x, y: feature_selection.f_classif(x, y)[0], (X,), (THREE,)),
    program(
        "CalibratedClassifierCV",
        lambda z, x, y: (
            calibration.CalibratedClassifierCV(
                discriminant_analysis.LinearDiscriminantAnalysis(),
                method="temperature",
                cv=2,
            )
            .fit(x, y)
            .predict_proba(z)
        ),
        (Z,),
        (X, LABELS),
    ),
    program(
        "train_test_split", lambda x: model_selection.train_test_split(x, random_state=0), (X,)
    ),
    program(
        "cross_val_predict(Ridge)",
        lambda x, y: model_selection.cross_val_predict(RIDGE, x, y, cv=3),
        (X, Y),
    ),
    program(
        "GridSearchCV",
        lambda x, y: (
            model_selection.GridSearchCV(RIDGE, {"alpha": [0.1, 1.0]}, cv=3)
            .fit(x, y)
            .best_estimator_.coef_
        ),
        (X, Y),
    ),
    program(
        "cross_val_score", lambda x, y: model_selection.cross_val_score(RIDGE, x, y, cv=3), (X, Y)
    ),
    program(
        "cross_val_score(own scorer)",
        lambda x, y: model_selection.cross_val_score(
            RIDGE, x, y, cv=3, scoring=lambda m, x, y: ((m.predict(x) - y) ** 2).mean()
        ),
        (X, Y),
    ),
    program(
        "TransformedTargetRegressor",
        lambda x, y: compose.TransformedTargetRegressor(RIDGE).fit(x, y).predict(x),
        (X, Y),
    ),
    program(
        "ColumnTransformer",
        lambda x: compose.ColumnTransformer(
            [("scaled", preprocessing.StandardScaler(), [0, 1])]
        ).fit_transform(x),
        (X,),
    ),
    program(
        "FeatureUnion",
        lambda x: pipeline.make_union(
            preprocessing.StandardScaler(), preprocessing.MinMaxScaler()
        ).fit_transform(x),
        (X,),
    ),
    program("VarianceThreshold", fit_transform(feature_selection.VarianceThreshold()), (X,)),
    program(
        "QuadraticDiscriminantAnalysis",
        lambda z, x, y: (
            discriminant_analysis.QuadraticDiscriminantAnalysis().fit(x, y).decision_function(z)
        ),
        (Z,),
        (X, THREE),
    ),
    *(
        program(
            f"GaussianMixture({k}).score_samples",
            lambda x, k=k: (
                mixture.GaussianMixture(1, covariance_type=k, init_params="random", random_state=0)
                .fit(x)
                .score_samples(x)
            ),
            (X,),
        )
        for k in ("diag", "tied", "spherical")
    ),
    program("utils.check_array", lambda x: utils.check_array(x) * 2, (X,)),
    program("utils.check_X_y", lambda x, y: utils.check_X_y(x, y), (X, Y)),
    program("utils.shuffle", lambda x: utils.shuffle(x, random_state=0), (X,)),
    program("utils.resample", lambda x: utils.resample(x, random_state=0), (X,)),
    program("extmath.squared_norm", extmath.squared_norm, (X,)),
    program("extmath.fast_logdet", lambda x: extmath.fast_logdet(x.T @ x), (X,)),
    program("extmath.softmax", lambda x: extmath.softmax(x), (X,)),
    program("extmath.row_norms", lambda x: extmath.row_norms(x, squared=True), (X,)),
    program("extmath.safe_sparse_dot", extmath.safe_sparse_dot, (X, Z.T)),
    program("extmath.weighted_mode", lambda x, w: extmath.weighted_mode(x, w), (X, POSITIVE)),
    program("extmath.stable_cumsum", lambda x: extmath.stable_cumsum(x, axis=0), (X,)),
    program(
        "extmath.randomized_svd",
        lambda x: extmath.randomized_svd(x, 2, random_state=0)[1],
        (X,),
        rtol=1e-3,
    ),
]

PROGRAMS: list[Program] = [*METRICS, *PAIRWISE, *PREPROCESSING, *LINEAR, *OTHERS]
