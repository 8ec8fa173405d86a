from . import (
    citations as citations,
)
from . import (
    contradictions as contradictions,
)
from . import (
    crime as crime,
)
from . import (
    crime_codes as crime_codes,
)
from . import (
    declared_series as declared_series,
)
from . import (
    disclosure as disclosure,
)
from . import (
    doors as doors,
)
from . import (
    earth as earth,
)
from . import (
    glossary as glossary,
)
from . import (
    lags as lags,
)
from . import (
    places as places,
)
from . import (
    privacy as privacy,
)
from . import (
    published_figures as published_figures,
)
from . import (
    publishers as publishers,
)
from . import (
    quality as quality,
)
from . import (
    rounding as rounding,
)
from . import (
    schema as schema,
)
from . import (
    tables as tables,
)
from . import (
    vintages as vintages,
)
from . import (
    vocabularies as vocabularies,
)
from .citations import (
    read as read,
)
from .citations import (
    source as source,
)
from .crime import (
    case_outcomes as case_outcomes,
)
from .crime import (
    coverage as coverage,
)
from .crime import (
    crime_annual as crime_annual,
)
from .crime import (
    crime_district_monthly as crime_district_monthly,
)
from .crime import (
    crime_force_monthly as crime_force_monthly,
)
from .crime import (
    crime_monthly as crime_monthly,
)
from .crime import (
    crime_panels as crime_panels,
)
from .crime import (
    crime_quarterly as crime_quarterly,
)
from .crime import (
    drug_deaths as drug_deaths,
)
from .crime import (
    months_present as months_present,
)
from .crime import (
    offences as offences,
)
from .crime_codes import (
    ASB as ASB,
)
from .crime_codes import (
    CRIME_TYPES as CRIME_TYPES,
)
from .crime_codes import (
    OFFENCE_GROUPS as OFFENCE_GROUPS,
)
from .crime_codes import (
    OUTCOMES as OUTCOMES,
)
from .crime_codes import (
    SERIOUS_ACQUISITIVE as SERIOUS_ACQUISITIVE,
)
from .crime_codes import (
    TYPES as TYPES,
)
from .declared_series import (
    series as series,
)
from .declared_series import (
    series_names as series_names,
)
from .disclosure import (
    suppress as suppress,
)
from .places import (
    district_names as district_names,
)
from .places import (
    districts as districts,
)
from .places import (
    forces as forces,
)
from .places import (
    lsoas as lsoas,
)
from .places import (
    lsoas_of as lsoas_of,
)
from .places import (
    neighbours as neighbours,
)
from .places import (
    population as population,
)
from .places import (
    population_error as population_error,
)
from .published_figures import (
    areas as areas,
)
from .published_figures import (
    figures as figures,
)
from .published_figures import (
    measures as measures,
)
from .published_figures import (
    one_each as one_each,
)
from .published_figures import (
    programmes as programmes,
)
from .published_figures import (
    sources as sources,
)
from .published_figures import (
    waves as waves,
)
from .published_figures import (
    week_counts as week_counts,
)
from .published_figures import (
    week_figures as week_figures,
)
from .rounding import (
    tolerance as tolerance,
)
from .tables import (
    cut as cut,
)
from .tables import (
    digest as digest,
)
from .tables import (
    forget as forget,
)
from .tables import (
    reads as reads,
)
from .tables import (
    root as root,
)
from .tables import (
    whole as whole,
)
from .vintages import (
    as_of as as_of,
)
from .vintages import (
    undated as undated,
)
from .vocabularies import (
    checked as checked,
)
