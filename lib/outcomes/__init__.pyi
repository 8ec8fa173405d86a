__version__: str

from . import core as core
from . import data as data
from . import explore as explore
from . import findings as findings
from . import ingest as ingest
from . import learn as learn
from . import methods as methods
from . import publish as publish
from .core import formatting as formatting
from .explore.api import crime as crime
from .explore.api import describe as describe
from .explore.api import figures as figures
from .explore.api import help as help
from .explore.api import programmes as programmes
from .findings import charts as charts
from .findings.answer import answer as answer
from .findings.finding import Finding as Finding
from .findings.finding import finding as finding
from .findings.finding import page as page
from .findings.provenance import provenance as provenance
from .methods import intervals as intervals
from .methods import spc as spc
